"""Shell text that makes tokens, and waits until k3s serves or a node is Ready."""

from __future__ import annotations

from kuberry.distributions.k3s import configuration as at
from kuberry.distributions.traces_text import PATH

# As the installer does: a program of that name that is there already is left alone.
MAKE_LINKS = f"""{PATH}
set -eu
for name in {" ".join(at.LINKS)}; do
    [ -e "/usr/local/bin/$name" ] || command -v "$name" >/dev/null ||
        ln -s k3s "/usr/local/bin/$name"
done
"""

# Short ones: who the authority is shows only when the server has made it.
MAKE_TOKENS = f"""{PATH}
set -eu
umask 077
for file in {at.SERVER_TOKEN} {at.AGENT_TOKEN}; do
    [ -s "$file" ] && continue
    od -An -tx1 -N32 /dev/urandom | tr -d ' \\n' >"$file.new"
    mv "$file.new" "$file"
done
"""

# watch UNIT SECONDS FUNCTION: ask again and again; a unit that starts for the fourth time, or that
# takes too long, ends it with what it said itself, the reason last.
_WATCH = r"""
restarts() { systemctl show -p NRestarts --value "$1"; }
now() { cut -d . -f 1 /proc/uptime; }
give_up() {
    echo "$2" >&2
    journalctl --no-pager -o cat -n 15 "_SYSTEMD_UNIT=$1" | grep -v '^modprobe: ' >&2
    exit 1
}
watch() {
    first=$(restarts "$1") end=$(($(now) + $2))
    until "$3"; do
        [ "$(restarts "$1")" -lt $((first + 3)) ] || give_up "$1" "$1 ends again and again:"
        [ "$(now)" -lt "$end" ] || give_up "$1" "after $2 s it is not so; $1 says last:"
        sleep 1
    done
}
"""

# /v1-k3s/readyz tells whether agents can join, and whether the token is right: 200, or 503 as long
# as the server starts (k3s-io/k3s@1be7bd2, pkg/server/handlers/router.go; handlers.go: Readyz).
# Older ones know only /ping and /v1-k3s/config (rancher/k3s@aef8a6a, pkg/server/router.go:48,68).
# curl reads the token from its standard input; where it is missing, k3s' own kubectl must do.
_SERVES = f"""
conf=/etc/rancher/k3s data={at.DATA}/server
ask() {{
    printf 'user = "node:%s"\\n' "$(sed 's/.*://' "$conf/agent-token")" |
        curl -s -K - -m 10 --cacert "$data/tls/server-ca.crt" -o /dev/null -w '%{{http_code}}' \\
            "https://127.0.0.1:{at.API_PORT}$1"
}}
get() {{ kubectl --request-timeout 10s get --raw "$1" 2>/dev/null; }}
# A restart is not waited for: until it has begun, the one of before answers.
is_old() {{
    case $(systemctl show -p ActiveState --value {at.SERVER_UNIT}) in
    activating) return 1 ;;
    active) systemctl show -p Job --value {at.SERVER_UNIT} | grep -q '[1-9]' ;;
    esac
}}
serves() {{
    ! is_old || return
    [ -s "$data/token" ] && [ -s "$data/tls/server-ca.crt" ] && [ -s {at.ADMIN_CONF} ] || return
    if command -v curl >/dev/null; then
        case $(ask /v1-k3s/readyz) in
        200) return 0 ;;
        000 | 503) return 1 ;;
        esac
        [ "$(ask /ping)" = 200 ] && [ "$(ask /v1-k3s/config)" = 200 ] || return
    else
        [ "$(get /ping)" = pong ] || return
    fi
    [ "$(get /readyz)" = ok ]
}}
"""

# The whole token names the authority, so that an agent knows the server by it. Newer k3s writes the
# agents' one down; the older one's is put together as it would (rancher/k3s@aef8a6a,
# pkg/clientaccess/token.go:291-306, pkg/daemons/control/deps/deps.go:186).
_TOKENS = f"""
token=$(cat "$data/agent-token" 2>/dev/null) || token=
case $token in
K10?*::node:?*) ;;
*) token=$(sed 's/::.*//' "$data/token")::node:$(cat "$conf/agent-token") ;;
esac
case $token in
K10????????????????????????????????????????????????????????????????*::node:?*) ;;
*) echo "error: {at.DATA}/server/token is no token of k3s" >&2; exit 1 ;;
esac
printf '%s\\n' "$token"
[ -z "$2" ] || printf '%s\\n' "$(cat "$data/token")"
"""

# $1 seconds, $2 whether the servers' token is wanted, too. Prints the tokens, the agents' first.
_SERVE = f"""{PATH}{at.ADMINISTRATOR}
set -u
{_WATCH}{_SERVES}
watch {at.SERVER_UNIT} "$1" serves
"""
SERVE = f"""{_SERVE}
: >/var/lib/kuberry/initialised
{_TOKENS}
echo yes
"""

# $1 seconds. Where etcd has not made it a voting member yet, no API server is started
# (rancher/k3s@aef8a6a, pkg/cluster/managed.go:26-52, pkg/etcd/etcd.go:108-122).
SERVE_TOO = f"""{_SERVE}
echo yes
"""

# $1 unit, $2 seconds, $3 node. What the API says may be older than the last start of the kubelet,
# which listens on 10250.
READY = f"""{PATH}
set -u
node=$3
{_WATCH}
path='{{.status.conditions[?(@.type=="Ready")].status}}'
is_ready() {{
    [ -s {at.KUBELET_CONF} ] && ss -Hltn 'sport = :10250' | grep -q . || return
    [ "$(k3s kubectl --kubeconfig {at.KUBELET_CONF} --request-timeout 5s \\
        get node "$node" -o jsonpath="$path" 2>/dev/null)" = True ]
}}
watch "$1" "$2" is_ready
"""
JOINED = """
: >/var/lib/kuberry/joined
"""
