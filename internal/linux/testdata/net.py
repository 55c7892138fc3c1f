import asyncio, os, select, socket, sys, threading

def threaded():
    l = socket.create_server(("127.0.0.1", 0))
    def serve():
        for i in range(3):
            c, a = l.accept()
            data = c.makefile("rb").readline()
            c.sendall(b"%d %s" % (i, data.upper()))
            c.close()
    t = threading.Thread(target=serve)
    t.start()
    for w in ("one", "two", "three"):
        with socket.create_connection(l.getsockname()) as s:
            s.sendall(w.encode() + b"\n")
            print(s.makefile().read().strip())
    t.join()

def selected():
    l = socket.socket(socket.AF_INET6)
    l.bind(("::1", 0)); l.listen(); l.setblocking(False)
    clients = [socket.create_connection(l.getsockname()[:2]) for _ in range(3)]
    conns = {}
    for i, c in enumerate(clients):
        c.sendall(b"x" * (i + 1) * 1000)
        c.shutdown(socket.SHUT_WR)
    p = select.poll(); p.register(l, select.POLLIN)
    done = []
    while len(done) < 3:
        for fd, ev in p.poll():
            if fd == l.fileno():
                c, a = l.accept()
                conns[c.fileno()] = [c, 0]; p.register(c, select.POLLIN)
            else:
                d = conns[fd][0].recv(700)
                conns[fd][1] += len(d)
                if not d:
                    p.unregister(fd); done.append(conns[fd][1]); conns[fd][0].close()
    print(sorted(done))
    a, b = socket.socketpair()
    socket.send_fds(a, [b"fd"], [os.open(__file__, os.O_RDONLY)])
    m, fds, fl, ad = socket.recv_fds(b, 10, 2)
    print(m, len(os.read(fds[0], 6)), a.getsockopt(socket.SOL_SOCKET, socket.SO_TYPE) == socket.SOCK_STREAM)
    e = select.epoll(); e.register(b, select.EPOLLIN | select.EPOLLET)
    a.send(b"1"); print(e.poll(0) != [], e.poll(0)); a.send(b"2"); print(e.poll(0) != [])
    u = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); u.bind("sock")
    v = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); v.sendto(b"hello", "sock"); print(u.recvfrom(10)); os.unlink("sock")
    try: socket.create_connection(("127.0.0.1", 1))
    except OSError as x: print(x)
    print(socket.getaddrinfo("127.0.0.1", 80, socket.AF_INET, socket.SOCK_STREAM))

async def handle(r, w):
    w.write((await r.readline())[::-1]); await w.drain(); w.close(); await w.wait_closed()

async def main():
    s = await asyncio.start_server(handle, "127.0.0.1", 0)
    port = s.sockets[0].getsockname()[1]
    async def ask(i):
        r, w = await asyncio.open_connection("127.0.0.1", port)
        w.write(b"line %d\n" % i)
        d = await r.read(); w.close(); return d
    print(await asyncio.gather(*(ask(i) for i in range(5))))
    s.close()

{"threads": threaded, "select": selected, "asyncio": lambda: asyncio.run(main())}[sys.argv[1]]()
