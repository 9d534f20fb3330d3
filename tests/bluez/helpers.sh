# What the scenarios share. Every `@@result NAME JSON` is judged on the host by judge.py; every `@@host ...` is obeyed
# there and answered on standard input.
host() {
    echo "@@host $*"
    read -r answer
}
# keep NAME COMMAND...: one JSON line of a command.
keep() {
    name=$1
    shift
    timeout 90 "$@" 2>>/tmp/logs/lumbra.log | tail -1 >/tmp/out
    echo "@@result $name $(cat /tmp/out)"
}
# code NAME COMMAND...: the exit code and the whole answer.
code() {
    name=$1
    shift
    timeout 90 "$@" >/tmp/out 2>>/tmp/logs/lumbra.log
    code=$?
    # 143: it hung.
    [ $code -eq 143 ] && { echo "$name did not end:"; tail -n 20 /tmp/logs/lumbra.log; }
    echo "@@result $name {\"code\": $code, \"answer\": $(tail -1 /tmp/out | grep . || echo null)}"
}
# wait_for PATTERN: until the status says so.
wait_for() {
    for attempt in $(seq 60); do
        lumbra status --json 2>>/tmp/logs/lumbra.log >/tmp/out
        grep -q "$1" /tmp/out && return 0
        sleep 0.5
    done
    echo "waited in vain for $1; last was told:"
    cat /tmp/out
    tail -n 80 /tmp/logs/lumbra.log
    return 1
}
