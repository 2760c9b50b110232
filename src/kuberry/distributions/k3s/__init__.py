"""k3s: Kubernetes in one program, with what small clusters need besides."""

from kuberry.distributions.k3s.configuration import ADMIN_CONF, LOOK, unit_of
from kuberry.distributions.k3s.plan import install
from kuberry.distributions.k3s.remove import is_ours, remove
from kuberry.distributions.k3s.stop import stop

__all__ = ["ADMIN_CONF", "LOOK", "install", "is_ours", "remove", "stop", "unit_of"]
