"""The façade: everything public. Nothing outside this room and `kuberry` itself is promised."""
