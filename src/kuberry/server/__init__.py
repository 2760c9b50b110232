"""Law of this room: the façade over HTTP; decides who may ask for what, and nothing else."""
