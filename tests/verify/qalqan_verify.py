#!/usr/bin/env python3
"""A second verifier of the list: written from docs/VERIFY.md, sharing nothing with the first.

BASE is a release directory or an http(s) address. Needs Python 3.9 and its package `cryptography`.
--record: docs/record.json. --suffixes: the rules of publicsuffix.org; without them only top-level names
count as suffixes. --seen: remembers what was verified, and refuses what is older or forked the next time.
Prints one JSON object; exit 0: verifies and is fresh, 1: refused or stale, 2: usage, 3: unreadable now.
"""
import argparse, base64, hashlib, json, os, re, sys, time, urllib.error, urllib.request
from datetime import datetime, timezone
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

DAY, RANK, RECORD = 86400, {"apart": 0, "raised": 1, "never": 2}, {}  # RECORD: docs/record.json

class Refused(Exception):
    """Where something does not verify, and why."""

def need(true, where, why):
    if not true:
        raise Refused(where, why)

# One meaning has one spelling: values and structures, as docs/record.json names them.
def seconds(text, form="%Y-%m-%dT%H:%M:%SZ"):
    moment = datetime.strptime(text, form).replace(tzinfo=timezone.utc)
    if moment.strftime(form) != text:
        raise ValueError(text)
    return int(moment.timestamp())

def day(text): return seconds(text, "%Y-%m-%d")

def b64(text):
    raw = base64.b64decode(text, validate=True)
    if base64.b64encode(raw).decode() != text:
        raise ValueError(text)
    return raw

CHECKS = {
    "moment": lambda value: seconds(value) is not None, "day": lambda value: day(value) is not None,
    "base64": lambda value: b64(value) is not None, "bool": lambda value: type(value) is bool,
    **{f"u{bits}": lambda value, end=1 << bits: type(value) is int and 0 <= value < end for bits in (32, 64)},
    "hashes": lambda value: all(fits(each, "hash") for each in value.values()),
    "statement": lambda value: fits(value, {**RECORD["every"], **RECORD["statements"][value["action"]]["fields"]}),
}

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
    try:
        value = json.loads(raw)
        need(canonical(value) == raw and fits(value, spec), where, "is not the canonical form of a known structure")
        return value
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise Refused(where, f"is not the canonical form of a known structure ({error!r})") from error

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
    if len(hashes) == 1:
        return hashes[0]
    half = 1 << (len(hashes) - 1).bit_length() - 1
    return sha256(b"\1" + root(hashes[:half]) + root(hashes[half:]))

def signed(key, message, signature):
    try:
        return Ed25519PublicKey.from_public_bytes(key).verify(signature, message) is None
    except (InvalidSignature, ValueError):
        return False

def open_note(raw, trust, title, where):
    """The lines below `title` in a note that the log key signed."""
    name, ident, key = trust["log_key"].split("+", 2)
    known = name == trust["origin"] and sha256(f"{name}\n".encode() + b64(key))[:4].hex() == ident
    text, _, lines = raw.rpartition(b"\n\n")
    mine = re.findall(b"^\xe2\x80\x94 " + re.escape(name.encode()) + rb" (\S+)$", lines, re.MULTILINE)
    mine = [each[4:] for each in map(base64.b64decode, mine) if each[:4].hex() == ident]
    need(known and mine and signed(b64(key)[1:], text + b"\n", mine[0]), where, "is not signed by the log key")
    need(text.split(b"\n")[0].decode() == title, where, "is signed, but is another kind of note")
    return text.split(b"\n")[1:]

# From leaves to the list.
def key_id(grant): return sha256(b64(grant["key"]))[:8].hex()

class Fold:
    def __init__(self, trust):
        self.trust, self.keys, self.guards, self.registers, self.coming = trust, {}, {}, {}, {}
        self.listings, self.policy, self.remarks, self.newest, self.excepted = {}, None, [], None, set()

    def apply(self, at, raw):
        where, leaf = f"leaf {at}", read_canonical(raw, "leaf", f"leaf {at}")
        said, seen, roles = leaf["statement"], [], [each["role"] for each in leaf["signatures"]]
        action, rule = said["action"], RECORD["statements"][said["action"]]
        need(said["v"] == 1 and said["origin"] == self.trust["origin"], where, "is for another log or version")
        need((at == 0) == (action == "genesis"), where, "the log begins with a genesis and holds no other")
        need(at or said["demo"] == self.trust["demo"], where, "disagrees with the trust file whether this is a demo")
        self.keys = self.keys if at else {key_id(grant): grant for grant in said["admins"]}
        for role, ident, text in ((each["role"], each["key_id"], each["signature"]) for each in leaf["signatures"]):
            grant, seen = self.keys.get(ident, {"role": None}), seen + [ident]
            need(seen.count(ident) == 1, where, f"signed twice by key {ident}")
            need(grant["role"] == role, where, f"signed by key {ident}, which is not an active key of that role")
            need(signed(b64(grant["key"]), f"qalqan/v1/{role}\n".encode() + canonical(said), b64(text)), where,
                 f"the signature of key {ident} does not verify")
        found, legal = roles.count(rule["signed_by"]), roles.count("legal") if action == "list" else 0
        need(found >= rule["at_least"], where, f"carries {found} signatures of the role {rule['signed_by']}")
        need(found + legal == len(roles), where, "carries signatures of a role that does not sign this")
        if not self.enter(action, said, said.get("listing_id"), legal):
            self.remarks.append(where)

    def enter(self, action, said, ident, legal):
        """What a leaf changes; false when it verifies and changes nothing."""
        if action in ("genesis", "policy.set"):
            if self.policy and said["policy"]["serial_base"] < self.policy["serial_base"]:
                return False
            self.policy = said["policy"]
        elif action == "key.add":
            return self.keys.setdefault(key_id(said["grant"]), said["grant"])["role"] == said["grant"]["role"]
        elif action == "key.revoke":
            return self.keys.pop(said["key_id"], None)
        elif action == "guard.set":
            self.guards[said["list"]["list"]] = said["list"]
        elif action == "register.snapshot":
            return self.enter_snapshot(said, said["register"], said.get("part", {"number": 1, "of": 1}))
        elif action == "list":
            begin, review, end = (seconds(said[key]) for key in ("effective_at", "review_at", "expires_at"))
            if ident in self.listings or said["basis"] not in self.policy["bases"] or begin >= end or review > end:
                return False
            end = min(end, begin + DAY if said["order"]["number"] is None else end)
            self.listings[ident] = {**said, "begin": begin, "end": end, "legal": legal, "ended": None}
        elif action == "register.except":
            named = {host["name"] for host in self.registers.get(said["register"], {"hosts": []})["hosts"]}
            return said["name"] in named and (self.excepted.add((said["register"], said["name"])) or True)
        elif action == "order.number":
            held = self.listings.get(ident)
            if not held or held["order"]["number"] is not None or seconds(said["at"]) >= held["begin"] + DAY:
                return False
            held.update(order={**held["order"], "number": said["number"]}, end=seconds(held["expires_at"]))
        elif action in ("lift", "annul"):
            if self.listings.get(ident, {"ended": "annul"})["ended"] == "annul":
                return False
            self.listings[ident].update(ended=action, since=seconds(said["at"]))
        return all(each in self.listings for each in said.get("listings", []))

    def enter_snapshot(self, said, title, part):
        before = self.coming.get(title, []) if part["number"] > 1 else []
        same = [(each["part"]["of"], each["sha256"], each["taken_on"], each["at"]) for each in before]
        if (self.registers.get(title, said)["taken_on"] > said["taken_on"] or len(before) != part["number"] - 1
                or part["number"] > part["of"] or "part" in said and part["of"] < 2
                or set(same) - {(part["of"], said["sha256"], said["taken_on"], said["at"])}):
            return False
        self.coming[title] = before + [said]
        if part["number"] == part["of"]:
            hosts = [host for each in self.coming.pop(title) for host in each["hosts"]]
            self.registers[title] = {**said, "hosts": hosts}
        return True

    def guard(self):
        """Of each protected name, the strictest rank for itself and for what is below it (-1: none)."""
        never, guard = {"tier": "never", "reach": "tree"}, {}
        names = [host["name"] for key, each in self.registers.items() for host in each["hosts"]
                 if (key, host["name"]) not in self.excepted]
        lists = RECORD["floor"] + [{"names": names + [self.policy["public_domain"]]}, *self.guards.values()]
        for each in ({**never, **each} for each in lists):
            for name in each["names"]:
                (own, below), rank = guard.get(name, (-1, -1)), RANK[each["tier"]]
                guard[name] = max(own, rank), max(below, rank if each["reach"] == "tree" else -1)
        return guard

    def entries(self, now, rules):
        """The list at a moment: name, scope, action, listing id."""
        guard, days, enforced, found = self.guard(), {}, [], {}
        terms = [(host["name"], host["licensed"]) for each in self.registers.values() for host in each["hosts"]]
        live = {name for name, term in terms if term and day(term["from"]) <= now
                and (term["to"] is None or now < day(term["to"]) + DAY)}
        for each in self.listings.values():
            name, date, top = each["name"], each["begin"] // DAY, each["name"].split(".")[-1]
            while days.get(date, 0) >= max(1, self.policy["listings_per_day"]):
                date += 1  # over the cap, a listing waits for the next day
            days[date] = days.get(date, 0) + 1
            above = [name.split(".", at)[-1] for at in range(1, name.count(".") + 1)]
            suffix = not above or name in rules or "*." + above[0] in rules and "!" + name not in rules
            special = top != "test" if self.trust["demo"] else top in RECORD["special_use"]
            rank = max([guard.get(name, (-1, -1))[0]] + [guard.get(up, (-1, -1))[1] for up in above])
            held_back = suffix or special or live & {name, *above} or rank > (1 if each["legal"] else 0)
            if not each["ended"] and not held_back and max(each["begin"], date * DAY) <= now < each["end"]:
                enforced.append({**each, "since": max(each["begin"], date * DAY)})
        ended = [each for each in self.listings.values() if each["ended"]]
        self.newest = max((each["since"] for each in enforced + ended), default=None)
        own = {(each["name"], each["scope"]) for each in enforced}
        for each in sorted(enforced, key=lambda each: each["listing_id"]):
            found.setdefault((each["name"], each["scope"], "block"), each["listing_id"])
            for name, (_, below) in guard.items() if each["scope"] == "subtree" else ():
                reach = "host" if below < 0 else "subtree"
                if name.endswith("." + each["name"]) and not {(name, reach), (name, "subtree")} & own:
                    found.setdefault((name, reach, "pass-through"), each["listing_id"])
        return sorted((*key, ident) for key, ident in found.items())

def artefacts(fold, entries, release):
    """The formats that others are made from, octet for octet; of the rest the hash is compared."""
    origin, domain, serial, text = fold.trust["origin"], fold.policy["public_domain"], release["serial"], "".join
    newest = fold.newest and datetime.fromtimestamp(fold.newest, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    head = (f"; National list of {origin}: serial {serial}, log size {release['size']}, log root {release['root']}.\n; "
            + (f"Newest listing or lifting in it: {newest}" if newest else "Nothing was ever listed")
            + ".\n; Verify it: qalqan list verify. What this format cannot say: docs/LISTS.md.\n")
    rules, ruled = {}, lambda name: rules.get(name, (True, None))  # is it blocked, and is what is below it, if said
    for name, scope, action, _ in entries:
        (host, below), block = ruled(name), action == "block"
        rules[name] = host and block, below is not False and block if scope == "subtree" else below
    def ups(name): return [name.split(".", at)[-1] for at in range(1, name.count(".") + 1)]
    def above(name, out=()): return next((ruled(up)[1] for up in ups(name) if up not in out and ruled(up)[1] is not None), 0)
    def parents(names): return {up for name in names if above(name) and False in rules[name] for up in ups(name) if ruled(up)[1]}
    long = {name for name in rules if len(name) + len(domain) + 7 > 253}
    long, out, kept = long | parents(long), parents(rules), rules.keys() - long - parents(long)
    zone = [f"rpz.{domain}. 60 IN SOA ns.{domain}. hostmaster.{domain}. {serial} 60 30 "
            f"{fold.policy['release_seconds']} 60\n", f"rpz.{domain}. 60 IN NS ns.{domain}.\n"]
    for name in sorted(kept | {up for name in kept for up in ups(name) if above(up, long)}):
        host, below = rules[name] if name in kept else (True, None)
        for owner, block in ((name, host), ("*." + name, True if below is None and above(name, long) else below)):
            zone += [f"{owner}.rpz.{domain}. 60 IN CNAME {'.' if block else 'rpz-passthru.'}\n"] * (block is not None)
    rows = [dict(zip(("name", "scope", "action", "listing_id"), entry)) for entry in entries]
    left = {why: text(f"; left out, {why}: {name}\n" for name in sorted(names))
            for why, names in (("too long below the zone's apex", long), ("has an exception below it", out))}
    too_long, excepted = left.values()
    note = "; Each line is one name and nothing below it: a reader that takes names below along blocks more than was signed.\n"
    return {"list/rpz": (head + too_long + text(zone)).encode(),
            "list/domains": (re.sub("(?m)^;", "#", head + note + excepted)
                             + text(f"{name}\n" for name in sorted(rules.keys() - out) if rules[name][0])).encode(),
            "list/json": canonical({"entries": rows, "newest": newest, "origin": origin, "root": release["root"],
                                    "serial": serial, "size": release["size"]})}

def verify(options):
    trust, base, hashes = json.load(open(options.trust, encoding="utf-8")), options.base, []
    origin, fold = trust["origin"], Fold(trust)
    body, *more = open_note(read(base, "release"), trust, f"{origin}/release", "release")
    release = read_canonical(body, "release", "release")
    need(not more and release["time"] < release["not_after"], "release", "ends before it begins")
    need(release["fold_version"] == RECORD["fold_version"], "release", "is folded by another version")
    for at, raw in enumerate(read_leaves(base, release["size"])):
        need(at or sha256(raw).hex() == trust["genesis"], "leaf 0", "the log begins with another leaf than trusted")
        fold.apply(at, raw)
        hashes.append(sha256(b"\0" + raw))
    need(hashes and root(hashes).hex() == release["root"], "release", "is over other leaves: altered or forked")
    count, head, *_ = open_note(read(base, "log/checkpoint"), trust, origin, "log/checkpoint")
    need(int(count) >= release["size"], "log/checkpoint", "is behind the release: a roll-back")
    need(int(count) > release["size"] or b64(head.decode()) == root(hashes), "log/checkpoint", "is of a fork")
    if options.seen and os.path.exists(options.seen):
        seen = json.load(open(options.seen, encoding="utf-8"))
        need(seen["origin"] == origin, options.seen, "remembers another log")
        need(seen["size"] <= release["size"] and seen["time"] <= release["time"], "release", "is a roll-back")
        need(root(hashes[:seen["size"]]).hex() == seen["root"], "release", "lacks the log seen before: a fork")
    need(fold.policy["witnesses"] == "0 of 0", "policy", "asks for witnesses, which this verifier cannot check")
    serial = (fold.policy["serial_base"] + release["size"]) % (1 << 32)
    need(serial == release["serial"], "release", f"has another serial than {serial}")
    lines = open(options.suffixes or os.devnull, encoding="utf-8").read().split("\n")
    rules = {line.strip().encode("idna").decode() for line in lines if line.strip() and line[:2] != "//"}
    mine = artefacts(fold, entries := fold.entries(seconds(release["time"]), rules), release)
    unmade = set(release["artefacts"]) - set(mine)
    for path in sorted({*mine, *unmade}):
        raw = read(base, path)
        need(sha256(raw).hex() == release["artefacts"].get(path), path, "has another hash than the release says")
        need(raw == mine.get(path, raw), path, "is not what the log folds to")
    if options.seen:
        seen = {"origin": origin, **{key: release[key] for key in ("size", "root", "time")}}
        open(options.seen, "w", encoding="utf-8").write(json.dumps(seen))
    return {"verdict": "good" if time.time() < seconds(release["not_after"]) else "stale", "size": release["size"],
            "root": release["root"], "entries": entries, "remarks": fold.remarks, "hash_only": sorted(unmade)}

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("base")
    parser.add_argument("--trust", required=True)
    parser.add_argument("--record", default=os.path.join(os.path.dirname(__file__), "../../docs/record.json"))
    [parser.add_argument(option) for option in ("--suffixes", "--seen")]
    options = parser.parse_args()
    RECORD.update(json.load(open(options.record, encoding="utf-8")))
    try:
        result = verify(options)
    except Refused as refused:
        result = {"verdict": "refused", "where": refused.args[0], "why": refused.args[1]}
    except OSError as error:
        sys.exit(print(error, file=sys.stderr) or 3)
    print(json.dumps(result, ensure_ascii=False))
    sys.exit(result["verdict"] != "good")
