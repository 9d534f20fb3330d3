"""Judges what the scenario told: `judge.py RESULTS`. One line a check, a table of figures, a closing line."""

import json
import sys
from pathlib import Path

results = {}
benches = []
leaks = []
for line in Path(sys.argv[1]).read_text().splitlines():
    name, _, value = line.partition(" ")
    value = json.loads(value) if value else None
    if name == "bench":
        benches.append(value)
    elif name == "leak":
        leaks.append(value["found"])
    else:
        results[name] = value

passed = failed = 0


class Looked(dict):
    """The results, and which of them a check has looked at."""

    def __init__(self, values):
        super().__init__(values)
        self.names = {}

    def __getitem__(self, name):
        self.names[name] = self.get(name)
        return super().__getitem__(name)


def check(what, judge):
    """One check; whatever goes wrong in it is its failure, and is told with the results that it looked at."""
    global passed, failed
    looked_at = Looked(results)
    try:
        verdict = judge(looked_at)
    except Exception as error:
        verdict = repr(error)
    if verdict is True:
        passed += 1
        print(f"ok {what}")
    else:
        failed += 1
        print(f"FAIL {what}: {verdict} by {json.dumps(looked_at.names)}")


def commands(r, name, kind):
    return [command for command in r[name]["commands"] if command["kind"] == kind]


def confirmed(name):
    return lambda r: r[name]["code"] == 0 and r[name]["answer"]["result"]["outcome"] == "confirmed"


check("a scan finds the wearable by name", lambda r: r["scan"]["name"] == "Lumbra7K" and not r["scan"]["bonded"])
check("a status without a wearable says so", lambda r: r["not_paired"]["code"] == 4 and r["not_paired"]["answer"]["error"]["kind"] == "no_such_device")
check("a wrong passkey does not pair", lambda r: r["wrong_passkey"]["code"] == 4 and r["wrong_passkey"]["answer"]["error"]["kind"] == "pairing")
check("and leaves no link, that the next try may find it", lambda r: "yes" not in r["link_of_failed"]["connected"])
check("the right passkey pairs", lambda r: r["pair"]["code"] == 0 and r["pair"]["answer"]["paired"]["serial"] == "LB1-000001")
check("the system holds a bond", lambda r: "Paired: yes" in r["bond"]["paired"] and "Bonded: yes" in r["bond"]["paired"])
check("nothing starts without a screening", lambda r: r["unscreened"]["code"] == 3 and r["unscreened"]["answer"]["error"]["kind"] == "screening")
check("the screening passes", lambda r: r["screen"]["screening"] == "passed")
check("calibration finds upright", lambda r: r["calibrate"]["code"] == 0 and abs(r["calibrate"]["answer"]["pitch_deg"] - 6.2) < 1)
check("a second start is refused", lambda r: r["second_start"]["code"] == 3)
check("a leap is refused by the envelope", lambda r: r["too_much"]["code"] == 3 and "5 mA" in r["too_much"]["answer"]["error"]["message"])
check("an intensity from another process is confirmed", confirmed("set_8"))
check("the snapshot shows it as certain", lambda r: r["running"]["certain"] and r["running"]["channels"][0]["target_ma"] == 8.0)
check("that current flows at the pads", lambda r: r["flows_running"]["now_ma"] == [8.0, 8.0])
check("a command without an answer is unknown", lambda r: r["set_unanswered"]["code"] == 7)
check("without a link nothing is shown as certain", lambda r: not r["during_loss"]["certain"] and r["during_loss"]["phase"] == "uncertain")
check("the session survives the lost link", lambda r: r["after_loss"]["phase"] == "running" and r["after_loss"]["link_losses"] == r["running"]["link_losses"] + 1)
check("the unknown command is settled by the status", lambda r: (commands(r, "commands_after_loss", "set_intensity")[-1]["outcome"], commands(r, "commands_after_loss", "set_intensity")[-1]["settled_by"]) == ("confirmed", "status"))
check("what flows is what was settled", lambda r: r["flows_after_loss"]["now_ma"] == [7.0, 7.0])
check("after a kill the session is shown as it is on the wearable", lambda r: r["after_kill"]["certain"] and r["after_kill"]["session"]["begun"] and r["after_kill"]["phase"] in ("running", "paused"))
check("the interrupted command is settled", lambda r: commands(r, "commands_after_kill", "set_intensity")[-1]["outcome"] in ("confirmed", "rejected"))
check("alone, the wearable has ramped to zero within its grace time", lambda r: r["flows_alone"]["now_ma"] == [0.0, 0.0])
check("taken up again it waits at zero", lambda r: r["paused"]["reason"] == "link_lost" and r["paused"]["channels"][0]["delivered_ma"] == 0.0)
check("a resume is confirmed and begins at zero", lambda r: confirmed("resume")(r) and r["flows_resumed"]["now_ma"] == [0.0, 0.0])
check("a stop is confirmed", confirmed("stop"))
check("after the stop nothing flows", lambda r: r["flows_stopped"]["now_ma"] == [0.0, 0.0])
check("never more than was asked for", lambda r: r["flows_stopped"]["highest_ma"] == 8.0)
check("the history holds one session and how it ended", lambda r: [session["outcome"] for session in r["history"]["sessions"]] == ["stopped"])
check("its highest current is the true one", lambda r: r["history"]["sessions"][0]["max_delivered_ma"] == 8.0)
check("pain before and after belong to it", lambda r: (r["history"]["sessions"][0]["pain_before"], r["history"]["sessions"][0]["pain_after"]) == (6, 4))
check("every command has an outcome", lambda r: len(r["commands"]["commands"]) >= 9 and all(command["outcome"] in ("confirmed", "rejected") for command in r["commands"]["commands"]) or [command for command in r["commands"]["commands"] if command["outcome"] not in ("confirmed", "rejected")])
check("posture frames are kept", lambda r: r["history"]["posture_frames"] > 10)
check("their gaps are counted", lambda r: isinstance(r["history"]["posture_missing_frames"], int))
check("the wearable's own records are fetched", lambda r: {"session_started", "session_paused", "session_resumed", "session_ended"} <= {record["kind"] for record in r["records"]["records"]})
check("nothing is in clear in the database and the logs", lambda r: leaks == [] or leaks)
check("a lost bond is told as such", lambda r: r["bond_lost"]["code"] == 4 and "no longer knows" in r["bond_lost"]["answer"]["error"]["message"])
check("forgotten and paired anew, it works again", lambda r: r["forget"]["code"] == 0 and r["pair_again"]["code"] == 0)
check("an answer that comes twice settles a command once", lambda r: confirmed("told_twice")(r) and [command["outcome"] for command in commands(r, "commands_twice", "set_intensity")[-2:]] == ["confirmed"] * 2 and r["flows_twice"]["now_ma"] == [6.0, 6.0])
check("a wearable that lies raises nothing, and is not shown as certain with another current than flows", lambda r: r["flows_lied"]["highest_ma"] <= 8.0 and (not r["lied"]["certain"] or [channel["delivered_ma"] for channel in r["lied"]["channels"]] == r["flows_lied"]["now_ma"]))
check("what it says is believed again when it is honest", lambda r: r["healed"]["certain"] and r["healed"]["phase"] in ("running", "paused"))
check("in a flood commands go on to be confirmed", lambda r: confirmed("flooded")(r) and r["flows_flooded"]["now_ma"] == [7.0, 7.0])
check("a flood reaches the app, and does not fill its memory", lambda r: r["memory"]["unreadable"] > 500 and r["memory"]["after_kib"] - r["memory"]["before_kib"] < 4_096)
check("one that never answers is told, not waited for", lambda r: r["unheard"]["code"] == 7 and not r["muted"]["certain"])
check("and its current ends by itself", lambda r: r["flows_muted"]["now_ma"] == [0.0, 0.0])
check("another of the same name is told as another", lambda r: not r["impostor"]["certain"] and "another" in r["impostor"]["link_problem"])
check("and gets no command", lambda r: r["impostor_commands"]["count"] == 0)
check("the right one is taken up again and stopped", lambda r: confirmed("stop_hostile")(r) and r["flows_hostile"] == {"now_ma": [0.0, 0.0], "highest_ma": 8.0})
check("Bluetooth off is told", lambda r: r["bluetooth_off"]["answer"]["error"]["kind"] == "bluetooth_off")

if "peripheral" in sys.argv[2:]:
    check("an adapter that isn't there is told, with those that are", lambda r: r["serve_no_adapter"]["code"] == 4 and "hci2" in r["serve_no_adapter"]["answer"]["error"]["message"])
    check("an adapter that is off is told", lambda r: r["serve_off"]["code"] == 4 and r["serve_off"]["answer"]["error"]["kind"] == "bluetooth_off")
    check("the wearable is a peripheral on an adapter, in pairing mode", lambda r: r["served"]["serving"] == "hci2" and r["served_pairable"]["pairable"])
    check("another adapter finds it by name", lambda r: r["air_scan"]["name"] == "Lumbra7K" and not r["air_scan"]["bonded"])
    check("a stranger reaches the open attributes and nothing of therapy", lambda r: r["stranger"] == {"connected": 1, "reads": 1, "written": 0, "write_failed": 1, "heard": 0})
    check("a wrong passkey does not pair there either", lambda r: r["air_wrong_passkey"]["code"] == 4 and r["air_wrong_passkey"]["answer"]["error"]["kind"] == "pairing")
    check("the passkey that it shows pairs", lambda r: r["air_pair"]["code"] == 0 and r["air_pair"]["answer"]["paired"]["serial"] == "LB1-000001")
    check("an intensity is confirmed over two adapters", lambda r: confirmed("air_set")(r) and r["air_running"]["certain"] and r["air_running"]["channels"][0]["target_ma"] == 4.0)
    check("and flows", lambda r: r["air_flow"]["currents_ma"] == [4.0, 4.0])
    check("a stop is confirmed, and ends the current", lambda r: confirmed("air_stop")(r) and r["air_flow_stopped"]["currents_ma"] == [0.0, 0.0])
    check("the session and its posture frames are in the history", lambda r: [session["outcome"] for session in r["air_history"]["sessions"]] == ["stopped"] and r["air_history"]["posture_frames"] > 10)
    check("its end leaves the adapter as it was", lambda r: r["serve_ended"] == {"code": 0, "pairable": r["pairable_before"]["pairable"]})

print("\nfigure                             lumbra       bare btleplug  ratio  goal")
for bench in benches:
    ratio = f"{bench['ratio']:.2f}" if bench["ratio"] is not None else "-"
    verdict = {True: "met", False: "MISSED", None: ""}[bench["met"]]
    print(f"{bench['case']:<34} {bench['value']:>8.2f} {bench['unit']:<6} {bench['baseline_value']:>8.2f}  {ratio:>8}  {bench['goal']} {verdict}")
check("the figures were measured", lambda r: len(benches) == 4)
print(f"\n{passed} passed, {failed} failed")
sys.exit(1 if failed else 0)
