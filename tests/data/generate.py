#!/usr/bin/env python3
"""Makes the station configurations in this directory: `python3 tests/data/generate.py`.

Each is what a site's native process would keep: cameras with their streams, algorithm modules with
regions and thresholds, alarms, recording and control. The same seed gives the same bytes.
"""

import json
import pathlib
import random

TARGET_BYTES = (18_400, 19_900)

SITES = {
    "gate-1": {
        "title": "Main gate, lanes 1 to 4",
        "subnet": "10.20.1",
        "cameras": ["lane-1-in", "lane-2-in", "lane-3-out", "lane-4-out", "barrier-overview", "guard-house"],
        "algorithms": ["plate", "intrusion", "queue-length"],
        "controls": [("barrier-lane-1", "relay"), ("barrier-lane-2", "relay"), ("barrier-lane-3", "relay"),
                     ("barrier-lane-4", "relay"), ("traffic-light", "relay")],
    },
    "warehouse-1": {
        "title": "Warehouse, halls A and B",
        "subnet": "10.20.2",
        "cameras": ["hall-a-north", "hall-a-south", "hall-b-north", "hall-b-south", "rack-12", "rack-27", "dock-1", "dock-2"],
        "algorithms": ["helmet", "intrusion", "forklift"],
        "controls": [("light-hall-a", "relay"), ("light-hall-b", "relay"), ("siren", "relay")],
    },
    "kitchen-1": {
        "title": "Canteen kitchen",
        "subnet": "10.20.3",
        "cameras": ["stove-line", "fryers", "cold-room", "dishwashing", "delivery-door"],
        "algorithms": ["smoke", "apron", "rodent"],
        "controls": [("extractor-fan", "rs485"), ("gas-valve", "relay"), ("cold-room-heater", "rs485")],
    },
    "pump-house-1": {
        "title": "Pump house at the north basin",
        "subnet": "10.20.4",
        "cameras": ["basin", "inlet-screen", "pump-row", "outlet", "switch-room"],
        "algorithms": ["water-level", "leak", "intrusion"],
        "controls": [("pump-1", "rs485"), ("pump-2", "rs485"), ("pump-3", "rs485"), ("inlet-valve", "rs485"),
                     ("outlet-valve", "rs485"), ("bypass-valve", "rs485"), ("sump-alarm", "relay")],
    },
    "loading-dock-1": {
        "title": "Loading dock, ramps 1 to 6",
        "subnet": "10.20.5",
        "cameras": ["ramp-1", "ramp-2", "ramp-3", "ramp-4", "ramp-5", "ramp-6", "yard"],
        "algorithms": ["plate", "helmet", "parcel-count"],
        "controls": [("ramp-light-1", "relay"), ("ramp-light-2", "relay"), ("shutter-1", "relay"), ("shutter-2", "relay")],
    },
    "boiler-room-1": {
        "title": "Boiler room, building 3",
        "subnet": "10.20.6",
        "cameras": ["burner-1", "burner-2", "gauge-wall", "feed-water", "entrance"],
        "algorithms": ["flame", "gauge-reading", "smoke"],
        "controls": [("burner-1", "rs485"), ("burner-2", "rs485"), ("feed-pump", "rs485"), ("gas-valve", "relay")],
    },
    "car-park-1": {
        "title": "Car park, levels 0 to 3",
        "subnet": "10.20.7",
        "cameras": ["level-0-east", "level-0-west", "level-1", "level-2", "level-3", "ramp-up", "ramp-down"],
        "algorithms": ["plate", "free-space", "fire"],
        "controls": [("sign-level-1", "rs485"), ("sign-level-2", "rs485"), ("sign-level-3", "rs485"), ("barrier", "relay")],
    },
    "workshop-1": {
        "title": "Metal workshop",
        "subnet": "10.20.8",
        "cameras": ["press-1", "press-2", "lathe-row", "welding-bay", "tool-crib", "exit"],
        "algorithms": ["helmet", "goggles", "hand-in-press"],
        "controls": [("press-1-stop", "relay"), ("press-2-stop", "relay"), ("extraction", "rs485")],
    },
}

SEVERITIES = ["info", "warning", "critical"]


def camera(rng, site, index, name):
    host = f"{site['subnet']}.{20 + index}"
    return {
        "id": name,
        "vendor": rng.choice(["Axis", "Hikvision", "Dahua", "Bosch"]),
        "address": host,
        "streams": {
            "main": {"rtsp": f"rtsp://{host}:554/stream/main", "codec": "h265", "width": 2560, "height": 1440,
                     "fps": rng.choice([15, 20, 25]), "bitrate_kbps": rng.randrange(2048, 6144, 256)},
            "sub": {"rtsp": f"rtsp://{host}:554/stream/sub", "codec": "h264", "width": 704, "height": 576, "fps": 10},
        },
        "transport": rng.choice(["tcp", "udp"]),
        "mounting": {"height_m": round(rng.uniform(2.4, 8.0), 2), "tilt_deg": rng.randrange(10, 60),
                     "pan_deg": rng.randrange(0, 360)},
        "night": {"infrared": rng.random() < 0.7, "switch_lux": rng.randrange(5, 40)},
        "reconnect": {"first_delay_ms": 500, "max_delay_ms": 30000},
    }


def region(rng, points):
    centre = (rng.uniform(0.3, 0.7), rng.uniform(0.3, 0.7))
    return [[round(centre[0] + rng.uniform(-0.28, 0.28), 4), round(centre[1] + rng.uniform(-0.28, 0.28), 4)]
            for _ in range(points)]


def module(rng, algorithm, camera_name, points):
    return {
        "id": f"{algorithm}@{camera_name}",
        "algorithm": algorithm,
        "model": f"{algorithm}-{rng.choice(['s', 'm', 'l'])}-v{rng.randrange(2, 9)}.{rng.randrange(10)}",
        "camera": camera_name,
        "stream": "sub" if rng.random() < 0.4 else "main",
        "every_nth_frame": rng.choice([1, 2, 3, 5]),
        "thresholds": {"confidence": round(rng.uniform(0.45, 0.85), 3), "overlap": round(rng.uniform(0.3, 0.6), 3),
                       "hold_s": round(rng.uniform(0.5, 6.0), 1)},
        "regions": [{"name": f"zone-{i + 1}", "polygon": region(rng, points)} for i in range(rng.randrange(1, 3))],
        "active": {"days": rng.choice(["mon-fri", "mon-sun"]), "from": f"{rng.randrange(0, 8):02}:00",
                   "to": f"{rng.randrange(17, 24):02}:30"},
    }


def alarm(rng, module_id, controls):
    return {
        "when": module_id,
        "severity": rng.choice(SEVERITIES),
        "min_duration_s": round(rng.uniform(0.5, 10), 1),
        "suppress_s": rng.randrange(30, 600, 30),
        "notify": rng.sample(["control-room", "shift-lead", "maintenance", "fire-brigade"], 2),
        "act": [{"control": rng.choice(controls)[0], "set": rng.choice(["on", "off"]), "for_s": rng.randrange(5, 60)}],
    }


def control(rng, name, bus):
    entry = {"id": name, "bus": bus, "fail_safe": rng.choice(["open", "closed", "hold"])}
    if bus == "rs485":
        entry["modbus"] = {"device": "/dev/ttyS1", "baud": 19200, "unit": rng.randrange(1, 32),
                           "coil": rng.randrange(0, 64), "status_register": 40001 + rng.randrange(0, 500)}
    else:
        entry["gpio"] = {"chip": 0, "line": rng.randrange(0, 32), "active_low": rng.random() < 0.5}
    return entry


def recording(rng, name):
    return {"camera": name, "mode": rng.choice(["continuous", "on-alarm"]), "pre_s": rng.randrange(5, 15),
            "post_s": rng.randrange(10, 40), "keep_days": rng.choice([7, 14, 30])}


def document(station, points, modules_per_camera):
    rng = random.Random(f"understudy/{station}")
    site = SITES[station]
    modules = [module(rng, algorithm, name, points)
               for name in site["cameras"] for algorithm in site["algorithms"][:modules_per_camera]]
    return {
        "schema": "station-configuration/3",
        "station": station,
        "title": site["title"],
        "time_zone": "Europe/Vienna",
        "cameras": [camera(rng, site, i, name) for i, name in enumerate(site["cameras"])],
        "modules": modules,
        "alarms": [alarm(rng, m["id"], site["controls"]) for m in modules],
        "recording": {"volume": "/var/lib/recordings", "reserve_percent": 8,
                      "cameras": [recording(rng, name) for name in site["cameras"]]},
        "control": [control(rng, name, bus) for name, bus in site["controls"]],
        "uplink": {"mqtt": f"mqtts://broker.site.example:8883/{station}", "interval_s": 10, "buffer_mib": 256},
    }


def encode(value):
    """One line for each leaf object, so that a diff of two revisions reads well."""
    lines = ["{"]
    items = list(value.items())
    for position, (key, entry) in enumerate(items):
        comma = "," if position + 1 < len(items) else ""
        if isinstance(entry, list):
            lines.append(f"  {json.dumps(key)}: [")
            lines += [f"    {json.dumps(element)}{',' if i + 1 < len(entry) else ''}" for i, element in enumerate(entry)]
            lines.append(f"  ]{comma}")
        else:
            lines.append(f"  {json.dumps(key)}: {json.dumps(entry)}{comma}")
    return "\n".join(lines + ["}"]) + "\n"


def fitting_document(station):
    """The first number of modules and polygon points that reaches the target size."""
    for modules_per_camera in (3, 2, 1):
        for points in range(3, 32):
            text = encode(document(station, points, modules_per_camera))
            if TARGET_BYTES[0] <= len(text) <= TARGET_BYTES[1]:
                return text
    raise SystemExit(f"{station}: no size within {TARGET_BYTES}")


def main():
    directory = pathlib.Path(__file__).parent
    for station in SITES:
        text = fitting_document(station)
        json.loads(text)
        (directory / f"{station}.json").write_text(text)
        print(f"{station}.json: {len(text)} bytes")


if __name__ == "__main__":
    main()
