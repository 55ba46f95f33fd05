"""The peer: the paper's protocol on the paper's stack, Flask with Redis behind gunicorn and nginx.

Our own writing, after the description of the prototype in Ciuffoletti, "Deep-Sleep for Stateful IoT
Edge Devices", Information 2022, 13(3):156: HEAD tells whether an identifier is taken, PUT creates it
and fails when it is, GET hands the checkpoint out under a new identifier and deletes the old one, POST
stores under an identifier that exists. It logs nothing and parses nothing, to its advantage;
identifiers have 128 bits and are told in a header, as ours, so that one load generator serves both.
"""

import os
import secrets

import flask
import redis

app = flask.Flask(__name__)
store = redis.Redis(unix_socket_path=os.environ['PEER_REDIS_SOCKET'])


@app.route('/<key>', methods=['HEAD', 'GET'])
def fetch(key):
    checkpoint = store.get(key)
    if checkpoint is None:
        return '', 404
    if flask.request.method == 'HEAD':
        return '', 200
    next_key = secrets.token_hex(16)
    while not store.set(next_key, checkpoint, nx=True):
        next_key = secrets.token_hex(16)
    store.delete(key)
    return checkpoint, 200, {'Next-Id': next_key, 'Content-Type': 'application/octet-stream'}


@app.route('/<key>', methods=['PUT'])
def create(key):
    if not store.set(key, flask.request.get_data(), nx=True):
        return '', 409
    return '', 201


@app.route('/<key>', methods=['POST'])
def keep(key):
    if not store.set(key, flask.request.get_data(), xx=True):
        return '', 409
    return '', 200
