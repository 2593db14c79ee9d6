"""A bus of its own with python-dbusmock's logind on it. Its first line of output is the address. Then it does what lines of its
input say, answers each with a line, and ends with its input:

    set PROPERTY true|false|NUMBER     of the manager, without a word to anybody
    user PROPERTY true|false|NUMBER    of the user, which is told to all
    emit SIGNAL true|false             of the manager
    inhibitors                         who holds up what
"""
import os
import signal
import subprocess
import sys
import time

import dbus

NAME = "org.freedesktop.login1"
MANAGER = NAME + ".Manager"
OBJECT = "/org/freedesktop/login1"
MOCK = "org.freedesktop.DBus.Mock"


def value(word):
    return dbus.UInt64(word) if word.isdigit() else dbus.Boolean(word == "true")


def connect(address):
    bus = dbus.bus.BusConnection(address)
    deadline = time.monotonic() + 60
    while not bus.name_has_owner(NAME):
        if time.monotonic() > deadline:
            sys.exit("the mock does not start")
        time.sleep(0.05)
    return bus


def serve(bus):
    manager = bus.get_object(NAME, OBJECT)
    manager.AddProperties(MANAGER, {
        "InhibitDelayMaxUSec": dbus.UInt64(7000000), "LidClosed": dbus.Boolean(False),
    }, dbus_interface=MOCK)
    manager.AddObject(OBJECT + "/user/self", NAME + ".User", {
        "State": "active", "IdleHint": dbus.Boolean(False), "IdleSinceHint": dbus.UInt64(0),
    }, dbus.Array([], signature="(ssss)"), dbus_interface=MOCK)
    user = bus.get_object(NAME, OBJECT + "/user/self")
    for line in sys.stdin:
        command, *words = line.split()
        answer = "done"
        if command == "set":
            manager.Set(MANAGER, words[0], value(words[1]), dbus_interface=dbus.PROPERTIES_IFACE)
        elif command == "user":
            user.UpdateProperties(NAME + ".User", {words[0]: value(words[1])}, dbus_interface=MOCK)
        elif command == "emit":
            manager.EmitSignal(MANAGER, words[0], "b", [value(words[1])], dbus_interface=MOCK)
        elif command == "inhibitors":
            found = manager.ListInhibitors(dbus_interface=MANAGER)
            answer = ",".join(f"{who} {mode} {what}" for what, who, _, mode, _, _ in found) or "none"
        print(answer, flush=True)


signal.signal(signal.SIGTERM, lambda *_: sys.exit())
daemon = subprocess.Popen(
    ["dbus-daemon", "--session", "--nofork", "--print-address"], stdout=subprocess.PIPE, text=True)
mock = None
try:
    address = daemon.stdout.readline().strip()
    os.environ["DBUS_SYSTEM_BUS_ADDRESS"] = address
    mock = subprocess.Popen(
        [sys.executable, "-m", "dbusmock", "--system", "--template", "logind"],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    bus = connect(address)
    print(address, flush=True)
    serve(bus)
finally:
    for process in [mock, daemon]:
        if process:
            process.terminate()
