"""A paho client that obeys lines of JSON on stdin and tells what happens in lines of JSON on stdout."""

import base64
import json
import sys
import threading

import paho.mqtt.client as mqtt

host, port, version = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])


output = threading.Lock()


def tell(**event):
    # paho calls back from a thread of its own.
    with output:
        sys.stdout.write(json.dumps(event) + "\n")
        sys.stdout.flush()


def on_message(client, userdata, message):
    payload = base64.b64encode(message.payload).decode()
    tell(event="message", topic=message.topic, payload=payload, QoS=message.qos, retain=bool(message.retain))


client = mqtt.Client(client_id="paho", clean_session=True if version < 5 else None, protocol=version)
client.on_connect = lambda *arguments: tell(event="connected", code=int(getattr(arguments[3], "value", arguments[3])))
client.on_subscribe = lambda client, userdata, mid, *rest: tell(event="subscribed", id=mid)
client.on_publish = lambda client, userdata, mid, *rest: tell(event="published", id=mid)
client.on_message = on_message
client.connect(host, port, 60)
client.loop_start()

for line in sys.stdin:
    command = json.loads(line)
    if command["do"] == "subscribe":
        result, mid = client.subscribe(command["topic"], command["QoS"])
    else:
        payload = base64.b64decode(command["payload"])
        mid = client.publish(command["topic"], payload, command["QoS"], command["retain"]).mid
    tell(event="sent", id=mid)

client.disconnect()
client.loop_stop()
