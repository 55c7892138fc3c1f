package linux

import "trapline/internal/linux/vfs"

// edges are what has woken those who wait for a file, for EPOLLET.
func (f *File) edges(k *Kernel) vfs.Wakes {
	w := vfs.Wakes{In: k.changes, Out: k.changes}
	switch {
	case f.sock != nil:
		w = f.sock.Wakes
	case f.pty != nil:
		w = f.pty.Wakes
	case f.pipe != nil:
		w = f.pipe.Wakes
	case f.device == devEvent || f.device == devSemaphore:
		w = f.wakes
	case f.notify != nil:
		w = f.notify.wakes
	case f.queue != nil:
		w = f.queue.wakes
	case f.device == devProcess:
		w = vfs.Wakes{}
		if f.proc.isZombie() {
			w.In = 1
		}
	case f.device == devSignal:
		w = vfs.Wakes{In: f.sigs.sent}
	case f.device == devEpoll:
		w = vfs.Wakes{}
		for _, i := range f.watched {
			inner := i.file.edges(k)
			w.In += inner.In + inner.Out
		}
	}
	return vfs.Wakes{In: w.In + 1, Out: w.Out + 1} // 0 is never
}
