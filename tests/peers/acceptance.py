#!/usr/bin/env python3
"""`tmtp` against the public server through a bad network, and with the desktop client as a correspondent.

    acceptance.py [MINUTES of traffic under cuts]

Needs TMTP_BIN, MNM_BIN, HAMMER_BIN and HAMMER_RUN; `tests/peers/run` sets and checks them. Ends with status 1 if
anything was lost, doubled, reordered or torn, or if a peer died.
"""

import collections
import random
import shutil
import sys
import tempfile
import time
from pathlib import Path

from hammer import Hammer
from proxy import DOWN, UP, Proxy
from server import Server
from tmtp import Member

problems = []


def check(good, what):
    print(f"  {'ok  ' if good else 'FAIL'}  {what}", flush=True)
    if not good:
        problems.append(what)


def until(look, seconds, what):
    """Waits for a condition that another program brings about; None when the time is over."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = look()
        if found:
            return found
        time.sleep(0.3)
    check(False, f"{what} (waited {seconds} s)")
    return None


def introduce(first, second):
    """Both learn each other's uid by pings."""
    first.run("ping", second.alias, "hello")
    second.run("sync")
    second.run("ping", first.alias, "hello back")
    first.run("sync")


def under_cuts(site, net, home, minutes, seed):
    """Two members write to each other while links are cut, stalled and swallowed and processes are killed."""
    print(f"traffic under cuts, {minutes:g} min, seed {seed}", flush=True)
    dice = random.Random(seed)
    anna, bela = Member(home / "anna", "Anna Amsel"), Member(home / "bela", "Bela Buchfink")
    for member in (anna, bela):
        member.join(f"={net.address}")
    introduce(anna, bela)
    big = home / "big.bin"
    big.write_bytes(dice.randbytes(1_500_000))

    sent = collections.defaultdict(list)      # (writer, thread send_id) -> texts in order of `send`
    threads = {anna: [], bela: []}
    kinds = collections.Counter()
    end, number = time.monotonic() + minutes * 60, 0
    for member in (anna, bela):
        member.watch()
    while time.monotonic() < end:
        writer, other = dice.choice([(anna, bela), (bela, anna)])
        number += 1
        text = f"note {number}"
        attach = [big] if dice.random() < 0.06 else []
        wait = dice.choice([0, 0, 0, 2])
        if threads[writer] and dice.random() < 0.6:
            thread = dice.choice(threads[writer])
            item = writer.reply(thread, text, attach, wait)
        else:
            item = writer.send([other.alias], f"subject {number}", text, attach, wait)
            thread = item["thread"]
            threads[writer].append(thread)
        sent[writer.alias, thread].append(text)
        fault(net, dice, kinds, (anna, bela))
        time.sleep(dice.uniform(0.05, 0.4))
    net.heal(), net.resume(), net.refuse(False), net.delay(0)
    for member in (anna, bela):
        if not member.watcher:
            member.watch()
    print(f"  {number} posts accepted, faults {dict(kinds)}, links {len(net.links)}", flush=True)

    # A vanished link keeps a node locked for two minutes at the public server, or longer.
    def settled():
        return all(not member.items("outbox") for member in (anna, bela)) and \
            sum(1 for _ in anna.messages()) == sum(1 for _ in bela.messages()) >= number
    until(settled, 420, "both outboxes empty and everything arrived")
    for member in (anna, bela):
        member.stop()
    judge(anna, bela, sent, number)
    check(site.crash() is None, f"the server is alive ({site.crash()})")
    check(net.torn == 0, f"no link on which our client stopped inside a TLS record (torn {net.torn})")


def fault(net, dice, kinds, members):
    throw = dice.random()
    if throw < 0.10:
        net.cut_now(client_sees=dice.choice(["fin", "rst"]))
        kinds["cut"] += 1
    elif throw < 0.20:
        net.cut(dice.randrange(1, 60_000), dice.choice([UP, DOWN]))
        kinds["cut at a byte"] += 1
    elif throw < 0.23:
        member = dice.choice(members)
        member.kill()
        member.watch()
        kinds["kill -9"] += 1
    elif throw < 0.25:
        net.stall()
        time.sleep(1.5)
        net.resume()
        kinds["stall"] += 1
    elif throw < 0.26:
        net.refuse()
        time.sleep(1)
        net.refuse(False)
        kinds["refused"] += 1
    elif throw < 0.263:
        net.black_hole()
        time.sleep(1)
        net.heal()
        kinds["black hole"] += 1


def judge(anna, bela, sent, number):
    held = {}
    for member in (anna, bela):
        texts = collections.defaultdict(list)
        for thread, message in member.messages():
            texts[thread["thread"]].append((message["from"], message["text"]))
        held[member.alias] = texts
    for member, other in ((anna, bela), (bela, anna)):
        flat = collections.Counter(text for rows in held[member.alias].values() for _, text in rows)
        check(sum(flat.values()) == number, f"{member.alias} holds {sum(flat.values())} of {number} messages")
        check(all(times == 1 for times in flat.values()), f"{member.alias} holds nothing twice")
    wanted = collections.Counter(tuple(texts) for texts in sent.values())
    for member in (anna, bela):
        have = collections.Counter(
            tuple(text for _, text in rows) for rows in held[member.alias].values())
        check(wanted == have, f"order within each thread as sent, at {member.alias}")
    check(sorted(held[anna.alias]) == sorted(held[bela.alias]), "both call every thread by the same id")


def with_desktop(site, net, desk_net, home):
    """Pings, threads with attachments and replies, both ways, with the desktop client.

    It has a way of its own: after any end of a link it waits two minutes before it comes back."""
    print("the desktop client as a correspondent", flush=True)
    carl = Member(home / "carl", "Carl Celebes")
    carl.join(f"={net.address}")
    with Hammer().start(desk_net.address, home / "desk") as desk:
        desk.add_account("Dora", "Dora Dompfaff")
        carl.run("ping", "Dora Dompfaff", "hello")
        check(desk.wait_ping(carl.alias)["Text"] == "hello", "our ping arrived at the desktop client")
        desk.ping(carl.alias, "hello from the desk")
        carl.run("sync")
        uid = next((c["uid"] for c in carl.items("contacts") if c["alias"] == "Dora Dompfaff"), None)
        check(uid == desk.uid, "its ping arrived and told its uid")

        map_file = home / "map ä.txt"
        map_file.write_bytes(b"A" * 5000)
        carl.send(["Dora Dompfaff"], "Nest count", "See the map.", [map_file])
        thread = desk.wait_thread("Nest count")
        first = desk.wait_message(thread, carl.alias)
        check(desk.body(thread, first["Id"]) == "See the map.", "our thread arrived with its text")
        files = desk.attachments(thread)
        check(len(files) == 1 and desk.attachment(thread, files[0]["Id"]) == b"A" * 5000, "and its attachment")
        desk.reply(thread, "Three is more than I hoped for.", attach=[("answer.bin", bytes(range(256)) * 900)])
        carl.run("sync")
        rows = carl.items("thread", thread)
        check([m["text"] for m in rows] == ["See the map.", "Three is more than I hoped for."], "its reply arrived in place")
        saved = home / "answer.bin"
        carl.run("save", rows[-1]["msgid"], "answer.bin", saved)
        check(saved.read_bytes() == bytes(range(256)) * 900, "and its attachment of 230 KB")
        carl.reply(thread, "Four by now.")
        desk.wait_message(thread, carl.alias, 2)
        check(True, "our reply arrived")

        theirs = desk.send_thread("Dawn walk", [(carl.alias, carl.run("status")["items"][0]["uid"], "partner")],
                                  "Saturday?", attach=[("plan.txt", b"plan")])
        carl.run("sync")
        check([m["text"] for m in carl.items("thread", theirs)] == ["Saturday?"], "its thread arrived")
        for number in range(20):
            carl.reply(theirs, f"yes {number}", wait=0)
        net.cut_now()
        carl.run("sync", "--wait", 60)
        until(lambda: len([m for m in desk.messages(theirs) if m["From"] and m["Alias"] == carl.alias]) >= 20, 60,
              "20 replies at the desktop client")
        got = [desk.body(theirs, m["Id"]) for m in desk.messages(theirs) if m["From"] and m["Alias"] == carl.alias]
        check(got == [f"yes {n}" for n in range(20)], "each once and in order, though it does not fold repetitions")
        desk.restart()
        desk.check()
        check(True, "the desktop client lives, also after a restart")
    check(site.crash() is None, f"the server is alive ({site.crash()})")
    check(net.torn == 0, f"torn {net.torn}")


def main():
    minutes = float(sys.argv[1]) if len(sys.argv) > 1 else 3
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    home = Path(tempfile.mkdtemp(prefix="tmtp-peers-"))
    with Server(home / "site") as site:
        with Proxy(site.port) as net, Proxy(site.port) as desk_net:
            with_desktop(site, net, desk_net, home)
        with Proxy(site.port) as net:
            under_cuts(site, net, home, minutes, seed)
    if problems:
        print(f"{len(problems)} problems; everything is kept in {home}")
        sys.exit(1)
    shutil.rmtree(home)
    print("0 problems")


if __name__ == "__main__":
    main()
