package linux

import (
	"io/fs"

	"trapline/internal/linux/abi"
	"trapline/internal/linux/vfs"
)

// Pipes with names (fifo(7)): a node whose pipe is there while somebody has it open or
// waits for the other end.

// fifoOf is the node of a pipe of the layer, or nil. Pipes of the host are never opened.
func fifoOf(info fs.FileInfo) *vfs.Node {
	if n := vfs.NodeOf(info); n != nil && n.Attr.Mode&abi.S_IFMT == abi.S_IFIFO {
		return n
	}
	return nil
}

// openFifo opens an end, or waits until the other one is opened. While it waits, its
// own end is open already: Thread.opening has it.
func (k *Kernel) openFifo(t *Thread, n *vfs.Node, full string, kept int) (*File, int64) {
	f := t.opening
	if f == nil {
		if kept&abi.O_ACCMODE == abi.O_WRONLY && kept&abi.O_NONBLOCK != 0 && (n.Fifo == nil || n.Fifo.Readers == 0) {
			return nil, -ENXIO
		}
		if n.Fifo == nil {
			n.Fifo = &vfs.Pipe{}
		}
		f = &File{refs: 1, flags: kept, dentry: k.fs.Hold(full), pipe: n.Fifo, fifo: n}
		p := n.Fifo
		p.Take(f.readable(), f.writable())
		if f.readable() {
			f.count = p.Seen[1]
		} else {
			f.count = p.Seen[0]
		}
		k.changed()
	}
	p := f.pipe
	alone := f.readable() && p.Writers == 0 && p.Seen[1] == f.count || f.writable() && p.Readers == 0 && p.Seen[0] == f.count
	if alone && kept&abi.O_NONBLOCK == 0 {
		t.opening = f
		return nil, t.block(restartSys, never)
	}
	t.opening = nil
	return f, 0
}

// stopOpening gives up an open that waits for a pipe's other end.
func (k *Kernel) stopOpening(t *Thread) {
	if f := t.opening; f != nil {
		t.opening = nil
		k.releaseFile(f)
	}
}
