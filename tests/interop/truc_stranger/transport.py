"""One connection: a DEALER socket with CURVE, new for each connection, single frames only.
Not a session: it knows neither commands nor time. A lost connection is seen by ZeroMQ's monitor.
Below the session; docs/protocol.md, "Transport".
"""
import zmq
from zmq.utils.monitor import recv_monitor_message

FRAME_BYTES_MAX = 16 * 1024 * 1024 + 64 * 1024

_END = (zmq.EVENT_DISCONNECTED | zmq.EVENT_CLOSED | zmq.EVENT_HANDSHAKE_FAILED_AUTH
        | zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL | zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL)


class Connection:
    def __init__(self, endpoint, server_key, secret_key, **options):
        self.lost = False
        self.socket = zmq.Context.instance().socket(zmq.DEALER)
        self.socket.curve_secretkey = secret_key
        self.socket.curve_publickey = zmq.curve_public(secret_key)
        self.socket.curve_serverkey = server_key
        self.socket.reconnect_ivl = -1
        self.socket.maxmsgsize = FRAME_BYTES_MAX
        self.socket.sndhwm = self.socket.rcvhwm = 0
        for name, value in options.items():
            setattr(self.socket, name, value)
        self.monitor = self.socket.get_monitor_socket(_END)
        self.poller = zmq.Poller()
        self.poller.register(self.socket, zmq.POLLIN)
        self.poller.register(self.monitor, zmq.POLLIN)
        self.socket.connect(endpoint)

    def send(self, *frames):
        try:
            self.socket.send_multipart(frames, zmq.DONTWAIT)
        except zmq.Again:  # the pipe went with the connection: waiting would be for ever
            self.lost = True

    def receive(self, timeout_ms):
        """The frames of one message, or None. Sets `lost` once nothing can follow."""
        ready = dict(self.poller.poll(timeout_ms))
        if self.socket in ready:
            return self.socket.recv_multipart()
        if self.monitor in ready:
            recv_monitor_message(self.monitor)
            self.lost = True
        return None

    def close(self, linger_ms=0):
        """`linger_ms`: how long what was sent last, a Bye or an Error, may take to leave."""
        self.socket.disable_monitor()
        self.monitor.close(0)
        self.socket.close(linger_ms)
