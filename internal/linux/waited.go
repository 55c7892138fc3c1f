package linux

// What a call waits for stays open while it waits, though its descriptor is closed meanwhile, or names another file (fdget()).

// waitsOn are the calls that can wait for what their first argument names.
var waitsOn = map[string]bool{
	"read": true, "readv": true, "preadv2": true, "write": true, "writev": true, "pwritev2": true, "flock": true, "fcntl": true, "fcntl64": true,
	"recvfrom": true, "recvmsg": true, "recvmmsg": true, "sendto": true, "sendmsg": true, "sendmmsg": true, "accept": true, "accept4": true, "connect": true,
	"epoll_wait": true, "epoll_pwait": true, "epoll_pwait2": true, "sendfile": true, "sendfile64": true, "splice": true,
	"mq_timedsend": true, "mq_timedreceive": true,
}

// keepForWaiters has the threads whose calls wait for a descriptor keep its file, which is about to be closed.
func (k *Kernel) keepForWaiters(fds *fdTable, fd int, f *File) {
	for _, t := range k.threads {
		if t.state == stateBlocked && t.proc.files == fds && t.waited == nil && t.waitsOn() == fd {
			t.waited, t.waitedFD = f, fd
			f.refs++
		}
	}
}

// waitsOn is the descriptor that t's call waits for, or -1.
func (t *Thread) waitsOn() int {
	s := lookup(&t.call)
	switch {
	case s == nil:
	case s.name == "socketcall":
		if fd, ok := getWord(t.proc.mm, t.call.arg[1], 4); ok {
			return int(int32(fd))
		}
	case waitsOn[s.name]:
		return t.call.fd(0)
	}
	return -1
}

// dispatchAgain tries a blocked call again, with the file that its descriptor named at first.
func (k *Kernel) dispatchAgain(t *Thread) int64 {
	if t.waited == nil {
		return k.dispatch(t, &t.call)
	}
	fds := t.proc.files
	now := fds.fds[t.waitedFD]
	fds.fds[t.waitedFD] = descriptor{file: t.waited}
	r := k.dispatch(t, &t.call)
	fds.fds[t.waitedFD] = now
	return r
}

// stopWaiting gives up what only the call kept open.
func (k *Kernel) stopWaiting(t *Thread) {
	if f := t.waited; f != nil {
		t.waited, t.waitedFD = nil, 0
		k.closeFile(f)
	}
}
