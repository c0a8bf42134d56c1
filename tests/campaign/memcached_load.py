"""Four clients that store, read, count and delete: fails where an answer is wrong.

memcached_load.py PORT ROUNDS
"""
import socket
import sys
import threading

port, rounds = int(sys.argv[1]), int(sys.argv[2])
failures = []


def expect(reader, line):
    got = reader.readline()
    if got != line:
        failures.append((line, got))


def client():
    connection = socket.create_connection(("127.0.0.1", port))
    reader = connection.makefile("rb")
    for i in range(rounds):
        key, value = b"key%d" % (i % 97), b"value%d" % i
        connection.sendall(b"set %s 0 0 %d\r\n%s\r\n" % (key, len(value), value))
        expect(reader, b"STORED\r\n")
        connection.sendall(b"get %s\r\n" % key)
        if reader.readline().startswith(b"VALUE"):  # another client may have deleted it
            reader.readline()
            expect(reader, b"END\r\n")
        if i % 50 == 0:
            connection.sendall(b"stats\r\n")
            while reader.readline() != b"END\r\n":
                pass
            connection.sendall(b"delete %s\r\n" % key)
            reader.readline()
    connection.close()


threads = [threading.Thread(target=client) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
for failure in failures[:5]:
    print("wanted %r, got %r" % failure, file=sys.stderr)
sys.exit(1 if failures else 0)
