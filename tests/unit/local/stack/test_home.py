import socket

from local.stack.home import free_port


def test_a_port_in_use_is_not_offered(monkeypatch):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        offers = iter([taken.getsockname()[1], free_port()])
        monkeypatch.setattr("random.choice", lambda _: next(offers))
        assert free_port() != taken.getsockname()[1]
