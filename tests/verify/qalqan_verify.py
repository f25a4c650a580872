#!/usr/bin/env python3
"""A second verifier of the list: written from docs/VERIFY.md, sharing nothing with the first.

BASE is a release directory or an http(s) address. Needs Python 3.9 and its package `cryptography`.
--record: docs/record.json. --suffixes: the rules of publicsuffix.org; without them only top-level names
count as suffixes. --seen: remembers what was verified, and refuses what is older or forked the next time.
Prints one JSON object; exit 0: verifies and is fresh, 1: refused or stale, 2: usage, 3: unreadable now.
"""
import argparse, base64, contextlib, hashlib, itertools, json, os, re, sys, time, urllib.error, urllib.request
from datetime import datetime, timezone
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

DAY, RANK, RECORD = 86400, {"apart": 0, "raised": 1, "never": 2}, {}  # RECORD: docs/record.json

class Refused(Exception):
    """Where something does not verify, and why."""

def need(true, where, why):
    if not true: raise Refused(where, why)

# One meaning has one spelling: values and structures, as docs/record.json names them.
def moment(number, form="%Y-%m-%dT%H:%M:%SZ"): return datetime.fromtimestamp(number, timezone.utc).strftime(form)

def seconds(text, form="%Y-%m-%dT%H:%M:%SZ"):
    number = int(datetime.strptime(text, form).replace(tzinfo=timezone.utc).timestamp())
    need(moment(number, form) == text, text, "is another spelling")
    return number

CHECKS = {"moment": lambda value: seconds(value) is not None, "bool": lambda value: type(value) is bool,
          "day": lambda value: seconds(value, "%Y-%m-%d") is not None,
          **{f"u{bits}": lambda value, end=1 << bits: type(value) is int and 0 <= value < end for bits in (32, 64)},
          "statement": lambda value: fits(value, {**RECORD["every"], **RECORD["statements"][value["action"]]["fields"]})}

def fits(value, spec):
    """Whether a value is what is specified: `?` may be missing, `~` may be null, `=` is a pattern."""
    if isinstance(spec, list):
        return type(value) is list and all(fits(each, spec[0]) for each in value)
    if isinstance(spec, dict):
        marks = {key.rstrip("?~"): key for key in spec}
        return {key for key in marks if marks[key][-1] != "?"} <= value.keys() <= marks.keys() and all(
            each is None and marks[key][-1] == "~" or fits(each, spec[marks[key]]) for key, each in value.items())
    pattern = spec[0] == "=" and re.fullmatch(spec[1:], value, re.ASCII) is not None
    return pattern if spec[0] == "=" else CHECKS.get(spec, lambda each: fits(each, RECORD["types"][spec]))(value)

def canonical(value): return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()

def read_canonical(raw, spec, where):
    with contextlib.suppress(ValueError, LookupError, TypeError, AttributeError, RecursionError, Refused):
        value = json.loads(raw)
        if canonical(value) == raw and fits(value, spec):
            return value
    raise Refused(where, "is not the canonical form of a known structure")

# Files, notes and trees.
def read(base, path):
    url = base if "://" in base else "file://" + urllib.request.pathname2url(os.path.abspath(base))
    try:
        return urllib.request.urlopen(url.rstrip("/") + "/" + path, timeout=60).read()
    except urllib.error.URLError as error:
        missing = isinstance(error.reason, FileNotFoundError) or getattr(error, "code", 0) in (404, 410)
        raise Refused(path, "is not there") if missing else error

def read_leaves(base, size):
    for index in range(-(-size // 256)):
        width, digits = min(256, size - index * 256), f"{index:0{-(-len(str(index)) // 3) * 3}}"
        path = "log/tile/entries/" + re.sub(r"(\d{3})(?=\d)", r"x\1/", digits) + f".p/{width}" * (width < 256)
        raw, found = read(base, path), 0
        while raw:
            end = 2 + int.from_bytes(raw[:2], "big")
            need(len(raw) >= end, path, "ends inside an entry")
            yield raw[2:end]
            raw, found = raw[end:], found + 1
        need(found == width, path, f"holds {found} entries instead of {width}")

def sha256(raw): return hashlib.sha256(raw).digest()

def root(hashes):
    half = 1 << (len(hashes) - 1).bit_length() >> 1  # the most that is a power of two and leaves some over
    return sha256(b"\1" + root(hashes[:half]) + root(hashes[half:])) if half else hashes[0]

def signed(key, message, signature):
    with contextlib.suppress(InvalidSignature, ValueError):
        return Ed25519PublicKey.from_public_bytes(key).verify(signature, message) is None

def open_note(raw, trust, title, where):
    """The lines below `title` in a note that the log key signed."""
    name, ident, key = trust["log_key"].split("+", 2)
    known = name == trust["origin"] and sha256(f"{name}\n".encode() + base64.b64decode(key))[:4].hex() == ident
    text, _, lines = raw.rpartition(b"\n\n")
    mine = re.findall(b"^\xe2\x80\x94 " + re.escape(name.encode()) + rb" (\S+)$", lines, re.MULTILINE)
    mine = [each[4:] for each in map(base64.b64decode, mine) if each[:4].hex() == ident]
    need(known and mine and signed(base64.b64decode(key)[1:], text + b"\n", mine[0]), where, "is not signed by the log key")
    need(text.partition(b"\n")[0] == title.encode(), where, "is signed, but is another kind of note")
    return text.partition(b"\n")[2]

# From leaves to the list.
def key_id(grant): return sha256(base64.b64decode(grant["key"]))[:8].hex()

def ups(name): return [name.split(".", at)[-1] for at in range(1, name.count(".") + 1)]

class Fold:
    def __init__(self, trust):
        self.trust, self.keys, self.guards, self.registers, self.coming, self.listings = trust, {}, {}, {}, {}, {}
        self.named, self.excepted, self.ended, self.policy, self.clock, self.remarks = set(), set(), {}, None, [], []

    def apply(self, at, raw):
        where, leaf = f"leaf {at}", read_canonical(raw, "leaf", f"leaf {at}")
        said, seen, roles = leaf["statement"], [], [each["role"] for each in leaf["signatures"]]
        action, rule, trust = said["action"], RECORD["statements"][said["action"]], self.trust
        need(said["v"] == 1 and said["origin"] == trust["origin"], where, "is for another log or version")
        need((at == 0) == (action == "genesis"), where, "the log begins with a genesis and holds no other")
        need(at or all(said[key] == trust[key] for key in ("demo", "log_key")), where, "disagrees with the trust file")
        self.keys = self.keys if at else {key_id(grant): grant for grant in said["admins"]}
        for role, ident, text in ((each["role"], each["key_id"], each["signature"]) for each in leaf["signatures"]):
            grant, seen = self.keys.get(ident, {"role": None}), seen + [ident]
            need(seen.count(ident) == 1, where, f"signed twice by key {ident}")
            need(grant["role"] == role, where, f"signed by key {ident}, which is not an active key of that role")
            key, message = base64.b64decode(grant["key"]), f"qalqan/v1/{role}\n".encode() + canonical(said)
            need(signed(key, message, base64.b64decode(text)), where, f"the signature of key {ident} does not verify")
        found, legal = roles.count(rule["signed_by"]), roles.count("legal") if action == "list" else 0
        need(found >= rule["at_least"], where, f"carries {found} signatures of the role {rule['signed_by']}")
        need(found + legal == len(roles), where, "carries signatures of a role that does not sign this")
        with contextlib.suppress(Refused, KeyError):  # something is not right, or no such listing is in the log
            return self.enter(action, said, seconds(said.get("at", said.get("effective_at"))), legal)
        self.remarks.append(where)

    def enter(self, action, said, at, legal):
        """What a leaf changes. Where something is not right, it is remarked on and goes no further."""
        ident, held = said.get("listing_id"), self.listings.get(said.get("listing_id"), {})
        if action in ("genesis", "policy.set"):
            need(not self.policy or said["policy"]["serial_base"] >= self.policy["serial_base"], "serial", "goes back")
            self.policy, self.clock = said["policy"], self.clock or [at]
        elif action == "key.add":
            known = self.keys.setdefault(key_id(said["grant"]), said["grant"])
            need(known["role"] == said["grant"]["role"], "key", "cannot change its role")
        elif action == "key.revoke":
            del self.keys[said["key_id"]]
        elif action == "guard.set":
            self.guards[said["list"]["list"]] = said["list"]
        elif action == "register.snapshot":
            title, part = said["register"], said.get("part", {"number": 1, "of": 1})
            parts = (self.coming.get(title, []) if part["number"] > 1 else []) + [{**said, "part": part}]
            same = {(each["part"]["of"], each["sha256"], each["taken_on"], each["at"]) for each in parts}
            in_turn = len(same) == 1 and len(parts) == part["number"] and (part["of"] > 1 or "part" not in said)
            need(in_turn and self.registers.get(title, [""])[0] <= said["taken_on"], title, "is not next, or is old")
            self.coming[title] = parts
            if part["number"] == part["of"]:
                self.registers[title] = said["taken_on"], [host for each in parts for host in each["hosts"]]
            self.named = {(key, host["name"]) for key, (_, hosts) in self.registers.items() for host in hosts}
        elif action == "register.except":
            need((said["register"], said["name"]) in self.named, said["name"], "is in no row of that register")
            self.excepted.add((said["register"], said["name"]))
        elif action == "list":
            number, end = said["order"]["number"], seconds(said["expires_at"])
            right = said["basis"] in self.policy["bases"] and at < end >= seconds(said["review_at"])
            need(right and not held, ident, "is on no basis, ends before it begins, or is in the log already")
            times = {"begin": at, "end": min(end, at + DAY) if number is None else end, "clock": len(self.clock)}
            self.listings[ident] = {**said, **times, "number": number, "legal": legal}
        elif action == "order.number":
            need(held["number"] is None and at < held["begin"] + DAY, ident, "has a number, or ended for want of it")
            held.update(number=said["number"], end=seconds(held["expires_at"]))
        elif action in ("lift", "annul"):
            need(held and self.ended.get(ident, [""])[0] not in ("annul", action), ident, "is not there, or has ended")
            self.ended[ident] = action, at
            need(said.get("name", held["name"]) == held["name"], ident, "is of another name, and lifted all the same")
        else:  # effect, expire, audit.anchor: the publisher says what time it is, and what it brought
            self.clock.append(at)
            for held in [self.listings[each] for each in said.get("listings", [])]:
                began = held["begin"] <= at < held["end"] and held["listing_id"] not in self.ended
                ended = held["end"] <= at or self.licensed(at) & {held["name"], *ups(held["name"])}
                need(began if action == "effect" else ended, held["listing_id"], "was not due")
            need(self.clock[-2] <= at, "clock", "goes back")

    def licensed(self, now):
        """The hosts that a register has a live term for, first to last day."""
        today = moment(now, "%Y-%m-%d")
        terms = [(host["name"], host["licensed"] or {}) for _, hosts in self.registers.values() for host in hosts]
        return {name for name, term in terms if term and term["from"] <= today <= (term["to"] or today)}

    def guard(self):
        """Of each protected name, the strictest rank for itself and for what is below it (-1: none)."""
        never, guard = {"tier": "never", "reach": "tree"}, {}
        names = [name for _, name in self.named - self.excepted] + [self.policy["public_domain"]]
        for each in ({**never, **each} for each in (*RECORD["floor"], {"names": names}, *self.guards.values())):
            for name in each["names"]:
                (own, below), rank = guard.get(name, (-1, -1)), RANK[each["tier"]]
                guard[name] = max(own, rank), max(below, rank if each["reach"] == "tree" else -1)
        return guard

    def give_places(self):
        """When each listing begins: by its own date or the clock's day, and over a cap on a later day."""
        clock = list(itertools.accumulate(reversed(self.clock), min))[::-1]  # no further than any later moment
        growth, per_day = self.policy.get("growth", {"percent": 0, "at_least": 1 << 32}), self.policy["listings_per_day"]
        coming, waiting, date, placed = {}, [], 0, 0
        for place, each in enumerate(self.listings.values()):
            coming.setdefault(max(each["begin"], clock[each["clock"] - 1]) // DAY, []).append((place, each))
        while coming or waiting:
            date = date + 1 if waiting else min(coming)
            waiting = sorted(waiting + coming.pop(date, []), key=lambda pair: pair[0])
            room = max(1, min(per_day, max(growth["at_least"], placed * growth["percent"] // 100)))
            for _, each in waiting[:room]:
                each["starts"], placed = max(each["begin"], date * DAY), placed + 1
            del waiting[:room]

    def entries(self, now, rules):
        """The list at a moment: name, scope, action, listing id."""
        guard, licensed, enforced, found = self.guard(), self.licensed(now), [], {}
        self.give_places()
        for each in self.listings.values():
            name, above, top = each["name"], ups(each["name"]), each["name"].split(".")[-1]
            suffix = not above or name in rules or "*." + above[0] in rules and "!" + name not in rules
            special = top != "test" if self.trust["demo"] else top in RECORD["special_use"]
            rank = max([guard.get(name, (-1, -1))[0]] + [guard.get(up, (-1, -1))[1] for up in above])
            held_back = suffix or special or licensed & {name, *above} or rank > (1 if each["legal"] else 0)
            if each["listing_id"] not in self.ended and not held_back and each["starts"] <= now < each["end"]:
                enforced.append(each)
        self.newest = max([each["starts"] for each in enforced] + [at for _, at in self.ended.values()], default=None)
        own = {(each["name"], each["scope"]) for each in enforced}
        for each in sorted(enforced, key=lambda each: each["listing_id"]):
            found.setdefault((each["name"], each["scope"], "block"), each["listing_id"])
            for name, (_, below) in guard.items() if each["scope"] == "subtree" else ():
                reach = "host" if below < 0 else "subtree"
                if name.endswith("." + each["name"]) and not {(name, reach), (name, "subtree")} & own:
                    found.setdefault((name, reach, "pass-through"), each["listing_id"])
        return [dict(zip(("name", "scope", "action", "listing_id"), (*key, found[key]))) for key in sorted(found)]

def artefacts(fold, entries, release):
    """The zone and the JSON, octet for octet; of the other formats the hash is compared."""
    zone, foot, newest, rules = RECORD["zone"], RECORD["footer"], fold.newest and moment(fold.newest), {}
    said = {**fold.policy, **release, "origin": fold.trust["origin"], "newest": newest}
    for name, scope, action, _ in map(dict.values, entries):  # is the name blocked, and what is below it
        (host, below), block = rules.get(name, (True, None)), action == "block"
        rules[name] = host and block, below is not False and block if scope == "subtree" else below
    monitored = {f"{what}_blocked": f"{what}-blocked.{said['public_domain']}" for what in ("always", "never")}
    rules = {**{name: (key == "always_blocked",) * 2 for key, name in monitored.items()}, **rules}  # nobody signs these
    def above(name, rules): return next((rules[up][1] for up in ups(name) if rules.get(up, (0, None))[1] is not None), 0)
    out = {name for name in rules if len(name) + len(said["public_domain"]) > 246}
    out |= {up for name in out if above(name, rules) and False in rules[name] for up in ups(name) if rules.get(up, (0, 0))[1]}
    kept = {name: rule for name, rule in rules.items() if name not in out}
    gaps = {up: (True, None) for name in kept for up in ups(name) if above(up, kept)}
    lines = ["; " + line for line in [*RECORD["header"].values()] + [zone["too_long"] + name for name in sorted(out)]] + zone["apex"]
    for name, (host, below) in sorted({**gaps, **kept}.items()):
        below = (above(name, kept) or None) if below is None else below
        lines += [owner + zone["answer"][block] for owner, block in ((name, host), ("*." + name, below)) if block is not None]
    lines += ["; " + line for line in (foot["newest" if newest else "nothing"], foot["serial"])]
    return {"list/rpz": "".join(line.format(**said) + "\n" for line in lines).encode(), "list/json": canonical(
        {"entries": entries, "monitoring": monitored, **{key: said[key] for key in ("newest", "origin", "root", "serial", "size")}})}

def verify(options):
    RECORD.update(json.load(open(options.record, encoding="utf-8")))
    trust, base, hashes = json.load(open(options.trust, encoding="utf-8")), options.base, []
    origin, fold = trust["origin"], Fold(trust)
    release = read_canonical(open_note(read(base, "release"), trust, origin + "/release", "release"), "release", "release")
    need(release["time"] < release["not_after"], "release", "ends before it begins")
    need(release["fold_version"] == RECORD["fold_version"], "release", "is folded by another version")
    for at, raw in enumerate(read_leaves(base, release["size"])):
        need(at or sha256(raw).hex() == trust["genesis"], "leaf 0", "the log begins with another leaf than trusted")
        fold.apply(at, raw)
        hashes.append(sha256(b"\0" + raw))
    need(hashes and root(hashes).hex() == release["root"], "release", "is over other leaves: altered or forked")
    count, head, *_ = open_note(read(base, "log/checkpoint"), trust, origin, "log/checkpoint").split(b"\n")
    need(int(count) >= release["size"], "log/checkpoint", "is behind the release: a roll-back")
    need(int(count) > release["size"] or base64.b64decode(head) == root(hashes), "log/checkpoint", "is of a fork")
    if options.seen and os.path.exists(options.seen):
        seen = json.load(open(options.seen, encoding="utf-8"))
        need(seen["origin"] == origin, options.seen, "remembers another log")
        need(seen["size"] <= release["size"] and seen["time"] <= release["time"], "release", "is a roll-back")
        need(root(hashes[:seen["size"]]).hex() == seen["root"], "release", "lacks the log seen before: a fork")
    need(fold.policy["witnesses"] == "0 of 0", "policy", "asks for witnesses, which this verifier cannot check")
    serial = (fold.policy["serial_base"] + release["size"]) % (1 << 32)
    need(serial == release["serial"], "release", f"has another serial than {serial}")
    lines = map(str.strip, open(options.suffixes or os.devnull, encoding="utf-8"))
    rules = {line.encode("idna").decode() for line in lines if line and line[:2] != "//"}
    mine = artefacts(fold, entries := fold.entries(seconds(release["time"]), rules), release)
    for path in sorted({*mine, *release["artefacts"]}):
        raw = read(base, path)
        need(sha256(raw).hex() == release["artefacts"].get(path), path, "has another hash than the release says")
        need(raw == mine.get(path, raw), path, "is not what the log folds to")
    if options.seen:
        open(options.seen, "w", encoding="utf-8").write(json.dumps({"origin": origin, **release}))
    return {**release, "entries": entries, "remarks": fold.remarks, "hash_only": sorted({*release["artefacts"]} - {*mine}),
            "verdict": "good" if time.time() < seconds(release["not_after"]) else "stale"}

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trust", required=True)
    parser.add_argument("--record", default=os.path.join(os.path.dirname(__file__), "../../docs/record.json"))
    [parser.add_argument(option) for option in ("base", "--suffixes", "--seen")]
    try:
        result = verify(parser.parse_args())
    except Refused as refused:
        result = {"verdict": "refused", "where": refused.args[0], "why": refused.args[1]}
    except OSError as error:
        sys.exit(print(error, file=sys.stderr) or 3)
    print(json.dumps(result, ensure_ascii=False))
    sys.exit(result["verdict"] != "good")
