package linux

import (
	"path"
	"slices"
	"unsafe"

	"trapline/internal/emu"
	"trapline/internal/linux/abi"
	"trapline/internal/linux/state"
	"trapline/internal/linux/vfs"
)

// Bounds of inotify(7), as a kernel has them.
const (
	maxNotifiers = 128   // instances
	maxWatches   = 8192  // of all of them
	maxEvents    = 16384 // that wait in one
)

// notifier is an inotify instance.
type notifier struct {
	watches []watch        // in the order of their numbers; replaced when it changes
	events  []watchedEvent // that wait to be read; replaced when it changes
	last    int            // number of the last watch that was made
	wakes   vfs.Wakes
}

// watch is a file or directory that an instance watches.
type watch struct {
	number int
	at     vfs.Key
	mask   uint32 // IN_*
}

// watchedEvent is what happened to one.
type watchedEvent struct {
	watch        int
	mask, cookie uint32
	name         string // in a directory
}

// size is that of struct inotify_event with its name, in bytes.
func (e *watchedEvent) size() int {
	unit := abi.Sizeof(8, abi.InotifyEvent{})
	if e.name == "" {
		return unit
	}
	return unit + (len(e.name)+unit)/unit*unit
}

// tell gives an instance an event, unless it is the one that came last; one that is too
// many is told as such, once.
func (k *Kernel) tell(n *notifier, e watchedEvent) {
	if l := len(n.events); l > 0 && n.events[l-1].mask&abi.IN_IGNORED == 0 {
		last := n.events[l-1]
		if last.mask == e.mask && last.watch == e.watch && last.name == e.name {
			return
		}
	}
	if len(n.events) >= maxEvents {
		if slices.ContainsFunc(n.events, func(o watchedEvent) bool { return o.mask == abi.IN_Q_OVERFLOW }) {
			return
		}
		e = watchedEvent{watch: -1, mask: abi.IN_Q_OVERFLOW}
	}
	n.events = append(slices.Clone(n.events), e)
	n.wakes.In++
	k.changed()
	k.killFasync(abi.POLL_IN, func(f *File) bool { return f.notify == n })
}

// unwatch ends a watch, which is told.
func (k *Kernel) unwatch(n *notifier, number int) {
	i := slices.IndexFunc(n.watches, func(w watch) bool { return w.number == number })
	if i < 0 {
		return
	}
	k.tell(n, watchedEvent{watch: number, mask: abi.IN_IGNORED})
	n.watches = slices.Delete(slices.Clone(n.watches), i, i+1)
}

// happened tells those that watch an inode of an event, with a name of what it is about in
// a directory. IN_EXCL_UNLINK in mask: what it is about has no name any more, of which not all want to be told.
func (k *Kernel) happened(at vfs.Key, mask, cookie uint32, name string) {
	for _, n := range k.notifiers {
		k.happenedTo(n, at, mask, cookie, name)
	}
}

func (k *Kernel) happenedTo(n *notifier, at vfs.Key, mask, cookie uint32, name string) {
	for _, w := range slices.Clone(n.watches) {
		if w.at != at || w.mask&mask&abi.IN_ALL_EVENTS == 0 || w.mask&mask&abi.IN_EXCL_UNLINK != 0 {
			continue
		}
		k.tell(n, watchedEvent{w.number, mask &^ abi.IN_EXCL_UNLINK, cookie, name})
		if w.mask&abi.IN_ONESHOT != 0 {
			k.unwatch(n, w.number)
		}
	}
}

// inodeAt is the identity of what is at a path without links.
func (k *Kernel) inodeAt(full string) (vfs.Key, bool) {
	info, err := k.fs.Lstat(full, false)
	if err != nil {
		return vfs.Key{}, false
	}
	return vfs.KeyOf(vfs.StatOf(info)), true
}

// kindBit is IN_ISDIR for a directory.
func kindBit(st abi.Kstat) uint32 {
	if st.Mode&abi.S_IFMT == abi.S_IFDIR {
		return abi.IN_ISDIR
	}
	return 0
}

// happenedBy tells of what was done to a file by a name, or by none: those that watch the name's directory, then
// those that watch the file (fsnotify_parent()).
func (k *Kernel) happenedBy(d *vfs.Dentry, st abi.Kstat, mask uint32) {
	if len(k.notifiers) == 0 {
		return
	}
	mask |= kindBit(st)
	var dir vfs.Key
	named := d != nil && d.Parent() != nil
	if named {
		dir, named = k.fs.KeyAt(d.Parent())
	}
	for _, n := range k.notifiers {
		if named {
			k.happenedTo(n, dir, mask, 0, d.Name())
		}
		k.happenedTo(n, vfs.KeyOf(st), mask, 0, "")
	}
}

// happenedAt tells of what was done to the file at full, a path without links.
func (k *Kernel) happenedAt(full string, st abi.Kstat, mask uint32) {
	if len(k.notifiers) == 0 {
		return
	}
	d := k.fs.Hold(full)
	defer k.putName(d)
	k.happenedBy(d, st, mask)
}

// happenedToFile tells of what was done by an open file, by the name that it has or had.
func (k *Kernel) happenedToFile(f *File, mask uint32) {
	switch {
	case len(k.notifiers) == 0:
	case f.host != nil:
		k.happenedBy(f.dentry, vfs.StatOf(f.host.Info), mask)
	case f.fifo != nil:
		k.happenedBy(f.dentry, f.fifo.Attr, mask)
	}
}

// happenedByFile is happenedToFile for what is done by the opening itself, not by what it leads to
// (fsnotify_file()): IN_EXCL_UNLINK leaves it out when the name is gone.
func (k *Kernel) happenedByFile(f *File, mask uint32) {
	if f.flags&abi.O_PATH != 0 {
		return
	}
	if f.dentry != nil && f.dentry.Gone() {
		mask |= abi.IN_EXCL_UNLINK
	}
	k.happenedToFile(f, mask)
}

// happenedToPipe tells those that watch a pipe with a name of a transfer; those that watch its directory
// hear nothing of it, as stat(2) would tell them nothing.
func (k *Kernel) happenedToPipe(f *File, mask uint32) {
	if f.fifo == nil {
		return
	}
	if f.dentry.Gone() {
		mask |= abi.IN_EXCL_UNLINK
	}
	k.happenedBy(nil, f.fifo.Attr, mask)
}

// removed tells of an entry that was removed, and of its file if that was its end.
func (k *Kernel) removed(full string, st abi.Kstat, ended bool) {
	if len(k.notifiers) == 0 {
		return
	}
	if kindBit(st) == 0 {
		k.happened(vfs.KeyOf(st), abi.IN_ATTRIB, 0, "")
	}
	if ended {
		k.inodeGone(vfs.KeyOf(st))
	}
	k.entryChanged(full, abi.IN_DELETE|kindBit(st), 0)
}

// putName gives up a hold of a name, or of none, and tells of what has ended with it.
func (k *Kernel) putName(d *vfs.Dentry) {
	for _, at := range k.fs.Put(d) {
		k.inodeGone(at)
	}
}

// entryChanged tells those that watch a directory of an entry that was made or removed.
func (k *Kernel) entryChanged(full string, mask, cookie uint32) {
	if len(k.notifiers) == 0 {
		return
	}
	if dir, ok := k.inodeAt(path.Dir(full)); ok {
		k.happened(dir, mask, cookie, path.Base(full))
	}
}

// inodeGone tells that the last name of a file is gone and that nobody holds that, which ends its watches.
func (k *Kernel) inodeGone(at vfs.Key) {
	k.happened(at, abi.IN_DELETE_SELF, 0, "")
	for _, n := range k.notifiers {
		for _, w := range slices.Clone(n.watches) {
			if w.at == at {
				k.unwatch(n, w.number)
			}
		}
	}
}

// moved tells of a rename: both directories by one cookie, what was there, and what was moved
// (fsnotify_move()). ended: that was the end of what was there.
func (k *Kernel) moved(from, to string, st abi.Kstat, target *abi.Kstat, ended bool) {
	if len(k.notifiers) == 0 {
		return
	}
	k.lastCookie++
	k.entryChanged(from, abi.IN_MOVED_FROM|kindBit(st), k.lastCookie)
	k.entryChanged(to, abi.IN_MOVED_TO|kindBit(st), k.lastCookie)
	if target != nil {
		k.happened(vfs.KeyOf(*target), abi.IN_ATTRIB|kindBit(*target), 0, "")
	}
	k.happened(vfs.KeyOf(st), abi.IN_MOVE_SELF, 0, "")
	if target != nil && ended {
		k.inodeGone(vfs.KeyOf(*target))
	}
}

// closed tells of a file that nobody has open any more by this opening.
func (k *Kernel) closed(f *File) {
	if f.writable() {
		k.happenedByFile(f, abi.IN_CLOSE_WRITE)
	} else {
		k.happenedByFile(f, abi.IN_CLOSE_NOWRITE)
	}
}

// readNotify takes as many events as there is room for.
func (k *Kernel) readNotify(t *Thread, f *File, b []byte) int64 {
	n, done := f.notify, 0
	for len(n.events) > 0 {
		e := n.events[0]
		if done+e.size() > len(b) {
			if done == 0 {
				return -EINVAL
			}
			break
		}
		e.put(b[done : done+e.size()])
		done += e.size()
		n.events = slices.Clone(n.events[1:])
	}
	if done > 0 {
		return int64(done)
	}
	return t.waitFor(f, false)
}

// put encodes struct inotify_event.
func (e *watchedEvent) put(b []byte) {
	clear(b)
	head := abi.InotifyEvent{Wd: int32(e.watch), Mask: e.mask, Cookie: e.cookie}
	name := b[abi.Sizeof(8, head):]
	head.Len = uint32(len(name))
	abi.Put(8, b, head)
	copy(name, e.name)
}

// dropNotifier frees an instance that is closed.
func (k *Kernel) dropNotifier(n *notifier) {
	k.notifiers = slices.DeleteFunc(slices.Clone(k.notifiers), func(o *notifier) bool { return o == n })
}

func (k *Kernel) hashNotifier(n *notifier, h *emu.Hasher, _ *state.Objects) {
	state.Words(h, uint64(n.last), uint64(len(n.watches)), uint64(len(n.events)), uint64(k.lastCookie))
	for _, w := range n.watches {
		state.Words(h, uint64(w.number), w.at.Dev, w.at.Ino, uint64(w.mask))
	}
	for _, e := range n.events {
		state.Words(h, uint64(e.watch), uint64(e.mask), uint64(e.cookie))
		h.String(e.name)
	}
}

// bytes is what an instance holds.
func (n *notifier) bytes() int {
	return len(n.watches)*int(unsafe.Sizeof(watch{})) + len(n.events)*int(unsafe.Sizeof(watchedEvent{}))
}
