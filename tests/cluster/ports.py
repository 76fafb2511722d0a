"""What the TaskManagers' open ports answer to somebody who only knows that they are there.

Beam's servers for the Python workers listen on every interface, on random ports, without a password. The test
sends them an HTTP/1 request, as a scanner would, and a GetProvisionInfo, as a worker does at its start. A
client that registers as a worker receives the job itself; this is not tested, and deploy/README.md describes
it.
"""

from __future__ import annotations

import socket
from typing import Iterable, List

import grpc
import psutil
from apache_beam.portability.api import beam_provision_api_pb2 as messages

from local.stack.flink.cluster import FlinkCluster

GET_PROVISION_INFO = "/org.apache.beam.model.fn_execution.v1.ProvisionService/GetProvisionInfo"
WORKER_IDS = ("1-1", "2-1")
"""PyFlink's ids of its workers. The server answers only to workers that it has started."""
SECONDS = 2.0
BYTES = 1 << 20


def open_ports(cluster: FlinkCluster) -> List[int]:
    """The ports on which the TaskManagers listen, on any interface."""
    found: List[int] = []
    for manager in cluster.taskmanagers:
        process = manager.process()
        if process is not None:
            connections = psutil.Process(process.pid).net_connections("tcp")
            found += [each.laddr.port for each in connections if each.status == psutil.CONN_LISTEN]
    return sorted(set(found))


def answers_of(ports: Iterable[int]) -> bytes:
    """All answers of the ports."""
    return b"\n".join(answer for port in ports for answer in (_http(port), *_provisioned(port)))


def _http(port: int) -> bytes:
    told = b""
    try:
        with socket.create_connection(("127.0.0.1", port), SECONDS) as connection:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            while len(told) < BYTES:
                part = connection.recv(65536)
                if not part:
                    break
                told += part
    except OSError:  # The port does not answer this request.
        pass
    return told


def _provisioned(port: int) -> List[bytes]:
    told = []
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        ask = channel.unary_unary(
            GET_PROVISION_INFO,
            request_serializer=messages.GetProvisionInfoRequest.SerializeToString,
            response_deserializer=lambda body: body,
        )
        for worker in WORKER_IDS:
            try:
                request = messages.GetProvisionInfoRequest()
                told.append(bytes(ask(request, timeout=SECONDS, metadata=(("worker_id", worker),))))
            except grpc.RpcError:
                continue
    return told
