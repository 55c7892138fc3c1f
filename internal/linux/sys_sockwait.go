package linux

import (
	"errors"
	"fmt"
	"io/fs"

	"trapline/internal/linux/abi"
	"trapline/internal/linux/net"
	"trapline/internal/linux/state"
	"trapline/internal/linux/vfs"
)

// What sockets ask of the kernel, and of the thread that calls.

// kernelOfNet is the kernel as its sockets see it.
type kernelOfNet struct{ *Kernel }

func (o kernelOfNet) ReadsClock()            { o.readsClock() }
func (o kernelOfNet) Root() bool             { return o.user().UID == 0 }
func (o kernelOfNet) Close(f net.File)       { o.closeFile(f.(*File)) }
func (o kernelOfNet) Sockets() []*net.Socket { return state.All[net.Socket](o.objects()) }

// socketCaller is a thread that calls on a socket's file.
type socketCaller struct {
	*Thread
	f *File
}

func (c socketCaller) Waited() bool                 { return c.state == stateBlocked }
func (c socketCaller) Moved() int                   { return c.progress }
func (c socketCaller) Move(n int)                   { c.progress += n }
func (c socketCaller) NonBlocking() bool            { return c.f.flags&abi.O_NONBLOCK != 0 }
func (c socketCaller) HasDeadline() bool            { return c.expiry != 0 }
func (c socketCaller) Partial(r int64) int64        { return c.partial(r) }
func (c socketCaller) Credentials() net.Credentials { return c.k.credentialsOf(c.Thread) }

// Wait has a call wait, unless it gives up: with MSG_DONTWAIT or O_NONBLOCK at
// once, with a timeout (SO_RCVTIMEO, SO_SNDTIMEO; 0: none) in nanoseconds later.
func (c socketCaller) Wait(flags int, timeout uint64, giveUp int64) int64 {
	if flags&abi.MSG_DONTWAIT != 0 || c.f.flags&abi.O_NONBLOCK != 0 {
		return giveUp
	}
	if timeout == 0 {
		return c.block(restartSys, never)
	}
	at := c.until(timeout)
	if c.deadlinePassed() {
		return giveUp
	}
	return c.block(-EINTR, at)
}

// PartialWait waits in the middle of a call that has moved some bytes.
func (c socketCaller) PartialWait(flags int, timeout uint64, giveUp int64) int64 {
	r := c.Wait(flags, timeout, c.partial(giveUp))
	if r == resultBlock && c.progress > 0 {
		c.wait.interrupt = int64(c.progress)
	}
	return r
}

// BrokenPipe is EPIPE with its signal.
func (c socketCaller) BrokenPipe(flags int) int64 { return c.brokenPipe(flags) }

func (t *Thread) brokenPipe(flags int) int64 {
	if flags&abi.MSG_NOSIGNAL == 0 {
		t.send(sigInfo{signo: abi.SIGPIPE, code: abi.SI_USER, pid: t.proc.PID})
	}
	return -EPIPE
}

// Lookup is what is bound to a path that the user may write to.
func (c socketCaller) Lookup(path string) (state.Object, int64) {
	k := c.k
	from, r := pathFrom(c.proc.fs.cwd, cwdLink, path)
	if r != 0 {
		return nil, r
	}
	full, err := k.fs.Resolve(from, true)
	if err != nil {
		return nil, fail(err)
	}
	info, err := k.fs.Lstat(full, false)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, -ENOENT
	case err != nil:
		return nil, fail(err)
	case !k.may(vfs.StatOf(info), abi.W_OK):
		return nil, -EACCES
	}
	if n := vfs.NodeOf(info); n != nil {
		return n.Sock, 0
	}
	return nil, 0
}

// Socket is net.File's.
func (f *File) Socket() *net.Socket { return f.sock }

// fileOf is a new open file of s.
func fileOf(s *net.Socket) *File {
	return &File{sock: s, path: fmt.Sprintf("socket:[%d]", s.Ino)}
}

// openSocket gives s a descriptor, or drops it.
func (k *Kernel) openSocket(t *Thread, s *net.Socket, flags int) int64 {
	f := fileOf(s)
	fd := t.open(f, uint64(flags))
	if fd < 0 {
		k.net.ReleaseSocket(s)
	}
	return fd
}

func (k *Kernel) credentialsOf(t *Thread) net.Credentials {
	u := k.user()
	return net.Credentials{PID: uint32(t.proc.PID), UID: u.UID, GID: u.GID}
}

// sendBytes and receiveBytes are write and read for calls that move bytes inside the
// kernel, such as sendfile.
func (k *Kernel) sendBytes(t *Thread, f *File, b []byte) int64 {
	return k.net.Send(socketCaller{t, f}, f.sock, &net.Message{Data: b, Cred: k.credentialsOf(t)})
}

func (k *Kernel) receiveBytes(t *Thread, f *File, b []byte) int64 {
	var a net.Arrival
	r := k.net.Receive(socketCaller{t, f}, f.sock, len(b), 0, func(off int, p []byte) bool { copy(b[off:], p); return true }, &a)
	k.closeRights(&a)
	return r
}
