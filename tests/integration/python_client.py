#!/usr/bin/env python3
"""redis-py as the other end of python_client_test.c.

usage: python_client.py URL listen CHANNEL PATTERN   prints "ready", then "CHANNEL HEX" for each message
       python_client.py URL data CHANNEL             prints "ready", then each envelope's data
       python_client.py URL publish                  "CHANNEL HEX" a line in, the number of receivers out
       python_client.py URL envelopes CHANNEL        JSON data a line in, sent as an envelope
"""
import datetime
import json
import sys

import redis


def say(text):
    print(text, flush=True)


def listen(client, channels, patterns, show):
    with client.pubsub() as pubsub:
        pubsub.subscribe(*channels)
        if patterns:
            pubsub.psubscribe(*patterns)
        confirmed = 0
        for event in pubsub.listen():
            if event["type"] in ("message", "pmessage"):
                show(event)
                continue
            confirmed += 1
            if confirmed == len(channels) + len(patterns):
                say("ready")


def show_bytes(event):
    say(event["type"] + " " + event["channel"].decode() + " " + event["data"].hex())


def show_data(event):
    say(json.dumps(json.loads(event["data"])["data"], sort_keys=True))


def publish(client):
    for line in sys.stdin:
        channel, _, payload = line.strip().partition(" ")
        say(client.publish(channel, bytes.fromhex(payload)))


def publish_envelopes(client, channel):
    for line in sys.stdin:
        message = {
            "data": json.loads(line),
            "timestamp": datetime.datetime.now().isoformat(),
            "sender": "redis-py",
        }
        say(client.publish(channel, json.dumps(message)))


def main(url, verb, *names):
    client = redis.Redis.from_url(url)
    if verb == "listen":
        listen(client, names[:1], names[1:], show_bytes)
    elif verb == "data":
        listen(client, names, [], show_data)
    elif verb == "publish":
        publish(client)
    else:
        publish_envelopes(client, *names)


main(*sys.argv[1:])
