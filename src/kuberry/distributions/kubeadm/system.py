"""The files that make a host ready for a kubelet: kernel, containerd, kubelet, names."""

from __future__ import annotations

from kuberry.distributions.seen import Seen

CONTAINERD_CONFIG = "/etc/containerd/config.toml"
_MODULES = ("overlay", "br_netfilter")
_FORWARD = "net.ipv4.ip_forward"

KUBELET_UNIT = """\
[Unit]
Description=kubelet: the Kubernetes node agent (kuberry)
Documentation=https://kubernetes.io/docs/
Wants=network-online.target
After=network-online.target containerd.service
StartLimitIntervalSec=0

[Service]
Environment="KUBECONFIGS=--bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf \
--kubeconfig=/etc/kubernetes/kubelet.conf"
EnvironmentFile=-/var/lib/kubelet/kubeadm-flags.env
ExecStart=/usr/local/bin/kubelet $KUBECONFIGS --config=/var/lib/kubelet/config.yaml \
$KUBELET_KUBEADM_ARGS
Restart=always
RestartSec=2

[Install]
WantedBy=multi-user.target
"""
"""After kubernetes/release, cmd/krel/templates/latest/kubeadm/10-kubeadm.conf."""

CONTAINERD_UNIT = """\
# Written by kuberry.
[Unit]
Description=containerd container runtime
Documentation=https://containerd.io
After=network.target local-fs.target

[Service]
ExecStartPre=-/sbin/modprobe overlay
ExecStart=/usr/local/bin/containerd
Type=notify
Delegate=yes
KillMode=process
Restart=always
RestartSec=5
LimitNPROC=infinity
LimitCORE=infinity
TasksMax=infinity
OOMScoreAdjust=-999

[Install]
WantedBy=multi-user.target
"""
"""For a containerd that came as a program; after containerd/containerd, containerd.service."""


def kernel_files(host: Seen) -> dict[str, str]:
    """Return what systemd loads and sets at boot; a module the kernel lacks is left out."""
    modules = _modules(host)
    settings = [f"{_FORWARD} = 1"]
    if "br_netfilter" in modules:
        settings += [
            "-net.bridge.bridge-nf-call-iptables = 1",
            "-net.bridge.bridge-nf-call-ip6tables = 1",
        ]
    return {
        "/etc/modules-load.d/kuberry.conf": "".join(f"{name}\n" for name in modules),
        "/etc/sysctl.d/90-kuberry.conf": "".join(f"{line}\n" for line in settings),
    }


def is_kernel_set(host: Seen) -> bool:
    """Return whether the running kernel is as those files say; what is not known is believed.

    A run may have ended between writing them and having them read. The settings of bridges are not
    looked at: not every container may change them.
    """
    forwards = [one.value for one in host.facts.sysctls or () if one.name == _FORWARD]
    waiting = [one for one in host.facts.modules or () if one.state == "loadable"]
    return 0 not in forwards and not any(one.name in _MODULES for one in waiting)


def _modules(host: Seen) -> list[str]:
    states = {one.name: one.state for one in host.facts.modules or ()}
    return [name for name in _MODULES if states.get(name) != "absent"]


def containerd_config(host: Seen, *, version: str, sandbox: str, cni_bin: str) -> str:
    """Return containerd's configuration.

    Args:
        version: Of containerd; 2.x reads another layout
            (https://github.com/containerd/containerd/blob/main/docs/cri/config.md).
        sandbox: The pause image.
        cni_bin: Where the CNI plugins are.
    """
    systemd = "true" if host.cgroup_driver == "systemd" else "false"
    restrict = "true" if host.is_container else "false"
    if int(version.split(".", maxsplit=1)[0]) >= 2:  # noqa: PLR2004
        return _CONTAINERD_2.format(
            sandbox=sandbox, cni_bin=cni_bin, systemd=systemd, restrict=restrict
        )
    return _CONTAINERD_1.format(
        sandbox=sandbox, cni_bin=cni_bin, systemd=systemd, restrict=restrict
    )


_CONTAINERD_1 = """\
# Written by kuberry.
version = 2

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{sandbox}"
  restrict_oom_score_adj = {restrict}

  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "{cni_bin}"
    conf_dir = "/etc/cni/net.d"

  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"

    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"

      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        SystemdCgroup = {systemd}
"""

_CONTAINERD_2 = """\
# Written by kuberry.
version = 3

[plugins."io.containerd.cri.v1.images"]
  snapshotter = "overlayfs"

  [plugins."io.containerd.cri.v1.images".pinned_images]
    sandbox = "{sandbox}"

[plugins."io.containerd.cri.v1.runtime"]
  restrict_oom_score_adj = {restrict}

  [plugins."io.containerd.cri.v1.runtime".cni]
    bin_dir = "{cni_bin}"
    conf_dir = "/etc/cni/net.d"

  [plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"

    [plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc.options]
      SystemdCgroup = {systemd}
"""
