# Played in the guest after scenario.sh: the virtual wearable as a real peripheral. bluetoothd serves it on one adapter
# and reaches it over another; two controllers of btvirt share an air of their own.
export LUMBRA_DATA=/tmp/peripheral LUMBRA_RADIO=bluetooth:hci1
btvirt -L -l2 >/tmp/btvirt.log 2>&1 &
adapter() {
    dbus-send --system --print-reply --dest=org.bluez "/org/bluez/$1" "org.freedesktop.DBus.Properties.$2" \
        string:org.bluez.Adapter1 "string:$3" ${4:+"$4"} 2>/dev/null
}
for attempt in $(seq 100); do
    adapter hci1 Get Address >/dev/null && adapter hci2 Get Address >/dev/null && break
    sleep 0.2
done
adapter hci1 Set Powered variant:boolean:true >/dev/null
adapter hci2 Set Powered variant:boolean:false >/dev/null

address() {
    adapter "$1" Get Address | sed -n 's/.*string "\(.*\)"/\1/p'
}

# What can't be served is told.
code serve_no_adapter lumbra wearable serve --adapter hci7 --json
code serve_off lumbra wearable serve --adapter hci2 --json
adapter hci2 Set Powered variant:boolean:true >/dev/null
# btvirt shows an advertisement once, when it begins, and a scan that begins then may miss it. With a second one the
# kernel lets the two take turns, and each begins anew every few seconds. Without an agent, which would make the adapter
# pairable whenever it becomes the only one.
(
    sleep 1
    echo "agent off"
    echo "select $(address hci2)"
    sleep 1
    echo "advertise on"
    exec sleep 600
) | bluetoothctl >/dev/null 2>&1 &
sleep 3
wearable=$(address hci2)
adapter hci2 Set Pairable variant:boolean:false >/dev/null
sleep 1
echo "@@result pairable_before {\"pairable\": $(adapter hci2 Get Pairable | sed -n 's/.*boolean //p')}"

lumbra wearable serve --adapter hci2 --flows /tmp/peripheral.flows --json >/tmp/serve.log 2>>/tmp/serve.err &
serving=$!
for attempt in $(seq 100); do
    grep -q serving /tmp/serve.log && break
    sleep 0.2
done
echo "@@result served $(grep serving /tmp/serve.log || echo null)"
echo "@@result served_pairable {\"pairable\": $(adapter hci2 Get Pairable | sed -n 's/.*boolean //p')}"
flow_now() {
    tail -1 /tmp/peripheral.flows | grep . || echo '{"currents_ma": []}'
}
# next_passkey N: the Nth one that the wearable shows.
next_passkey() {
    for attempt in $(seq 200); do
        key=$(grep passkey /tmp/serve.log | sed -n "$1s/.*\"\([0-9]*\)\".*/\1/p")
        [ -n "$key" ] && break
        sleep 0.1
    done
    echo "$key"
}

keep air_scan lumbra scan --seconds 8 --json
# Without a bond the open attributes can be read, and nothing of therapy can be reached: not the control point, not a
# subscription to the status.
(
    call() {
        at=$1 method=$2
        shift 2
        gdbus call --system --timeout 20 --dest org.bluez --object-path "$at" --method "$method" "$@"
    }
    device="/org/bluez/hci1/dev_$(echo "$wearable" | tr : _)"
    call "$device" org.bluez.Device1.Connect && echo "Connection successful"
    for attempt in $(seq 60); do
        call "$device" org.freedesktop.DBus.Properties.Get org.bluez.Device1 ServicesResolved | grep -q true && break
        sleep 0.25
    done
    call / org.freedesktop.DBus.ObjectManager.GetManagedObjects >/tmp/objects
    # path_of UUID: where bluetoothd shows this characteristic of the wearable.
    path_of() {
        tr '{' '\n' </tmp/objects | grep -B3 "'UUID': <'$1" | grep -o "$device/service[0-9a-f]*/char[0-9a-f]*" | tail -1
    }
    characteristic=org.bluez.GattCharacteristic1
    call "$(path_of 6c750101)" $characteristic.ReadValue '{}' && echo "stranger reads"
    if call "$(path_of 6c750102)" $characteristic.WriteValue '[byte 2, 1, 0]' '{}'; then
        echo "stranger wrote"
    else
        echo "stranger may not write"
    fi
    # bluetoothd may take the subscription; what counts is that nothing is heard. The wearable tells its status at once
    # to whoever it lets subscribe.
    gdbus monitor --system --dest org.bluez --object-path "$(path_of 6c750103)" >/tmp/heard 2>&1 &
    monitor=$!
    call "$(path_of 6c750103)" $characteristic.StartNotify
    sleep 12
    kill $monitor
    echo "values heard: $(grep -c "'Value'" /tmp/heard)"
    call "$device" org.bluez.Device1.Disconnect
    sleep 3
) >/tmp/stranger.log 2>&1
said() {
    grep -c "$1" /tmp/stranger.log
}
echo "@@result stranger {\"connected\": $(said 'Connection successful'), \"reads\": $(said 'stranger reads'), \"written\": $(said 'stranger wrote'), \"write_failed\": $(said 'stranger may not write'), \"heard\": $(sed -n 's/^values heard: //p' /tmp/stranger.log)}"

code air_wrong_passkey lumbra pair --passkey 1 --json
sleep 1
next_passkey 2 | code air_pair lumbra pair --json
keep air_screen lumbra screen --all-no --json
lumbra start conventional --minutes 20 --skin-ok --posture --json >/tmp/start2.log 2>>/tmp/logs/lumbra.log &
session=$!
wait_for '"phase":"running"' || exit 10
code air_set lumbra set 4 --json
sleep 12
keep air_running lumbra status --json
echo "@@result air_flow $(flow_now)"
code air_stop lumbra stop --json
sleep 4
echo "@@result air_flow_stopped $(flow_now)"
wait $session
keep air_history lumbra history --json

# Its end leaves the adapter as it was.
kill -TERM $serving
wait $serving
echo "@@result serve_ended {\"code\": $?, \"pairable\": $(adapter hci2 Get Pairable | sed -n 's/.*boolean //p')}"
