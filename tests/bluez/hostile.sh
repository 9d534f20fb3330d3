# A session with a wearable that is not what it says; sourced by scenario.sh, which has just paired it.

# The pause between two sessions has passed.
date -s "@$(($(date +%s) + 700))" >/dev/null
lumbra start conventional --minutes 20 --skin-ok --posture --json >/tmp/hostile.log 2>>/tmp/logs/lumbra.log &
session=$!
wait_for '"phase":"running"' || exit 8
wait_for '"certain":true' || exit 8
code hostile_4 lumbra set 4 --json
sleep 1.5

host malice twice
code told_twice lumbra set 6 --json
sleep 5
host flows
echo "@@result flows_twice $answer"
keep commands_twice lumbra commands --json

host malice lies
sleep 6
keep lied lumbra status --json
host flows
echo "@@result flows_lied $answer"
# Who was ahead of time for once is believed again on the next link. Whether the lease has run out by then is chance.
host malice honest
# What was told last counts as present for 3 s, true or not.
sleep 4
wait_for '"certain":true' || exit 8
# If it is to pause, it has done so now; if not, its lease has been renewed.
sleep 1
keep healed lumbra status --json
if grep -q '"phase":"paused"' /tmp/out; then
    lumbra resume --json >/dev/null 2>>/tmp/logs/lumbra.log
    for ma in 4 6; do
        lumbra set $ma --json >/dev/null 2>>/tmp/logs/lumbra.log
        sleep 1.5
    done
fi

unreadable() { grep -c 'unreadable frame' /tmp/logs/lumbra.log; }
resident() { awk '/^VmHWM/ { print $2 }' /proc/$session/status; }
before=$(resident)
said=$(unreadable)
host flood
# A slow machine has all of it to read before it comes to what is true: until then nothing is certain, and a rise is refused.
wait_for '"certain":true' || exit 8
code flooded lumbra set 7 --json
sleep 4
host flows
echo "@@result flows_flooded $answer"
echo "@@result memory {\"before_kib\": $before, \"after_kib\": $(resident), \"unreadable\": $(($(unreadable) - said))}"

# Not even what is written arrives: the wearable is alone, though the link is there.
host malice mute
code unheard lumbra set 8 --json
# Told as unknown after 2 s; what was heard last counts as present for 3 s.
sleep 2
keep muted lumbra status --json
sleep 14
host flows
echo "@@result flows_muted $answer"

host malice impostor
host cut 1
for attempt in $(seq 40); do
    lumbra status --json 2>>/tmp/logs/lumbra.log >/tmp/out
    grep -q another /tmp/out && break
    sleep 0.5
done
echo "@@result impostor $(cat /tmp/out)"
host impostor-commands
echo "@@result impostor_commands {\"count\": $answer}"

host malice honest
host cut 1
wait_for '"phase":"paused"' || exit 8
code stop_hostile lumbra stop --json
wait_for '"phase":"idle"' || exit 8
sleep 4
host flows
echo "@@result flows_hostile $answer"
kill -TERM $session 2>/dev/null
wait $session
