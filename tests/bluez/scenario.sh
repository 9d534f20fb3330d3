# Played in the guest: a person with `lumbra` and a wearable, and fate.
export LUMBRA_DATA=/tmp/data LUMBRA_LOG=debug TZ=UTC
. /scenario/helpers.sh
mkdir -p /tmp/logs

# Found, paired with the passkey, bonded; a wrong passkey is refused first.
keep scan lumbra scan --seconds 3 --json
code not_paired lumbra status --json
code wrong_passkey lumbra pair Lumbra7K --passkey 1 --json
echo "@@result link_of_failed {\"connected\": \"$(bluetoothctl info C0:DE:00:00:00:02 | grep Connected | tr -d '\t\n')\"}"
code pair lumbra pair Lumbra7K --passkey 271828 --json
echo "@@result bond {\"paired\": \"$(bluetoothctl info C0:DE:00:00:00:02 | grep -E 'Paired|Bonded' | tr -d '\t\n')\"}"
code unscreened lumbra start conventional --skin-ok --json
keep screen lumbra screen --all-no --json
code calibrate lumbra calibrate --json

# A session in the foreground; other processes steer it.
lumbra start conventional --minutes 20 --skin-ok --pain 6 --posture --json >/tmp/start.log 2>>/tmp/logs/lumbra.log &
session=$!
wait_for '"phase":"running"' || exit 3
wait_for '"certain":true' || exit 3
code second_start lumbra start burst --skin-ok --json
kill -0 $session || { echo "the session's process has ended:"; tail -n 2 /tmp/start.log; tail -n 20 /tmp/logs/lumbra.log; }
code too_much lumbra set 40 --json
code set_4 lumbra set 4 --json
sleep 1.5
code set_8 lumbra set 8 --json
sleep 9
keep running lumbra status --json
host flows
echo "@@result flows_running $answer"

# A command whose answer is lost, and with it the link: unknown, then settled by the wearable's status.
host lose-answers
code set_unanswered lumbra set 7 --json
# The command has renewed the wearable's lease of 10 s, within which there is a link again.
host cut 3
sleep 1
keep during_loss lumbra status --json
wait_for '"certain":true' || exit 4
sleep 2
keep after_loss lumbra status --json
host flows
echo "@@result flows_after_loss $answer"
keep commands_after_loss lumbra commands --json

# The app is killed in the middle of a command. The wearable is alone.
host lose-answers
lumbra set 6 --json >/dev/null 2>&1 &
sleep 1.5
kill -9 $session
host cut 1
sleep 1.5
keep after_kill lumbra status --json
keep commands_after_kill lumbra commands --json
sleep 13
host flows
echo "@@result flows_alone $answer"

# Taken up again, resumed from zero by hand, stopped.
lumbra watch --posture --json >/tmp/watch.log 2>>/tmp/logs/lumbra.log &
watch=$!
# Asked before the watch has its turn, a status is a visit of its own, and the watch connects only after it.
for attempt in $(seq 60); do
    [ -s /tmp/watch.log ] && break
    sleep 0.5
done
wait_for '"phase":"paused"' || exit 5
sleep 1
keep paused lumbra status --json
code resume lumbra resume --json
host flows
echo "@@result flows_resumed $answer"
code set_3 lumbra set 3 --json
sleep 4
code stop lumbra stop --json
wait_for '"phase":"idle"' || exit 6
sleep 4
host flows
echo "@@result flows_stopped $answer"
keep live lumbra status --json
kill -TERM $watch
wait $watch
code pain lumbra pain 4 --when after --note markernote --json

# What is kept.
keep history lumbra history --json
keep commands lumbra commands --json
keep records lumbra records --json
# A search that finds nothing must be able to find something.
echo markernote >/tmp/logs/control
grep -q -r markernote /tmp/data /tmp/logs || echo '@@result leak {"found": "nothing can be found here"}'
rm /tmp/logs/control
for secret in markernote LB1-000001 lower-back conventional; do
    if grep -q -r "$secret" /tmp/data/lumbra.db* /tmp/logs; then echo "@@result leak {\"found\": \"$secret\"}"; fi
done

# The wearable forgets its bond: said in words; forgotten and paired anew.
host forget-bond
code bond_lost lumbra status --json
code forget lumbra forget --json
host pairing-mode
code pair_again lumbra pair Lumbra7K --passkey 271828 --json

# A wearable that is not what it says.
if [ -e /scenario/hostile.sh ]; then . /scenario/hostile.sh; fi

# Bluetooth off is told as such.
echo "power off" | bluetoothctl >/dev/null 2>&1
sleep 1
code bluetooth_off lumbra scan --seconds 1 --json
echo "power on" | bluetoothctl >/dev/null 2>&1
sleep 1

# Figures beside a bare btleplug client.
lumbra-bench bluetooth --passkey 271828 --json >/tmp/bench 2>/tmp/bench.err || { cat /tmp/bench.err; exit 7; }
while read -r line; do echo "@@result bench $line"; done </tmp/bench

# The other way round: the wearable served by bluetoothd on an adapter of its own. Last, because it adds adapters.
if [ -e /scenario/peripheral.sh ]; then . /scenario/peripheral.sh; fi
exit 0
