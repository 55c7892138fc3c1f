package linux

import (
	"slices"
	"time"

	"trapline/internal/linux/abi"
	"trapline/internal/linux/vfs"
)

// ipcKind is one of the three kinds of System V IPC objects.
type ipcKind uint8

const (
	ipcShm ipcKind = iota
	ipcSem
	ipcMsg
)

// Bounds of System V IPC: sem(7)'s and msg(7)'s of a kernel, but for the sums.
const (
	maxSemaphores = 1 << 20  // of all sets
	maxSetSize    = 32000    // SEMMSL
	maxSemOps     = 500      // SEMOPM
	maxSemValue   = 32767    // SEMVMX, and SEMAEM
	maxMessage    = 8192     // MSGMAX
	maxQueue      = 16384    // MSGMNB
	maxAllQueues  = 16 << 20 // bytes of all queues
)

// maxObjects are the most objects of each kind (SHMMNI, SEMMNI, MSGMNI).
var maxObjects = [...]int{ipcShm: 4096, ipcSem: 32000, ipcMsg: 32000}

// ipcObject is a shared memory segment, a set of semaphores or a queue of
// messages (sysvipc(7)).
type ipcObject struct {
	kind     ipcKind
	id       int
	key      uint32
	uid, gid uint32
	mode     uint32 // permissions
	owner    User   // who made it
	changed  uint64 // seconds since 1970, as used and taken
	used     uint64 // last attach, operation or send
	taken    uint64 // last detach or receive
	lastPID  int    // that did so
	lastTake int    // that received last
	maker    int    // PID
	locked   bool   // SHM_LOCK
	gone     bool   // removed: waiters see it, and a segment that is still attached

	inode *vfs.Inode // of a segment
	size  uint64
	sems  []semaphore // replaced when it changes
	queue []message   // replaced when it changes
	bytes int         // in queue
	most  int         // bytes that queue may hold
}

// ipcFind is the object of a kind with a number, or nil.
func (k *Kernel) ipcFind(kind ipcKind, id int) *ipcObject {
	for _, o := range k.ipcs {
		if o.kind == kind && o.id == id && !o.destroyed() {
			return o
		}
	}
	return nil
}

// destroyed reports whether nobody can name the object any more.
func (o *ipcObject) destroyed() bool { return o.gone && (o.inode == nil || o.inode.Holds() == 0) }

// ipcPermit checks access bits of one class, 4 to read and 2 to write.
func (k *Kernel) ipcPermit(o *ipcObject, bits uint32) int64 {
	u, mode := k.user(), o.mode
	switch {
	case u.UID == 0:
		return 0
	case u.UID == o.owner.UID || u.UID == o.uid:
		mode >>= 6
	case u.GID == o.owner.GID || u.GID == o.gid:
		mode >>= 3
	}
	if bits&^mode != 0 {
		return -EACCES
	}
	return 0
}

// ipcGet finds or makes an object (ipcget()). fits checks one that is there,
// and fill completes one that is new.
func (k *Kernel) ipcGet(t *Thread, kind ipcKind, key, flags uint64, fits func(o *ipcObject) int64, fill func(o *ipcObject) int64) int64 {
	key = key & 0xffffffff
	if key != abi.IPC_PRIVATE {
		i := slices.IndexFunc(k.ipcs, func(o *ipcObject) bool { return o.kind == kind && !o.gone && uint64(o.key) == key })
		if i >= 0 {
			return k.ipcOld(k.ipcs[i], flags, fits)
		}
		if flags&abi.IPC_CREAT == 0 {
			return -ENOENT
		}
	}
	k.ipcs = slices.DeleteFunc(slices.Clone(k.ipcs), (*ipcObject).destroyed)
	n := 0
	for _, o := range k.ipcs {
		if o.kind == kind {
			n++
		}
	}
	if n >= maxObjects[kind] {
		return -ENOSPC
	}
	u := k.user()
	o := &ipcObject{kind: kind, key: uint32(key), uid: u.UID, gid: u.GID, owner: u, mode: uint32(flags & 0o777), maker: t.proc.PID, changed: k.seconds()}
	if r := fill(o); r != 0 {
		return r
	}
	o.id = k.ipcNumber(kind)
	k.ipcs = append(k.ipcs, o)
	return int64(o.id)
}

func (k *Kernel) ipcOld(o *ipcObject, flags uint64, fits func(o *ipcObject) int64) int64 {
	if flags&abi.IPC_CREAT != 0 && flags&abi.IPC_EXCL != 0 {
		return -EEXIST
	}
	if r := fits(o); r != 0 {
		return r
	}
	asked := uint32(flags>>6|flags>>3|flags) & 7 &^ 1
	if r := k.ipcPermit(o, asked); r != 0 {
		return r
	}
	return int64(o.id)
}

// seconds is the wall clock since 1970.
func (k *Kernel) seconds() uint64 { return k.realTime() / uint64(time.Second) }

// ipcRemove ends an object: those that wait for it see that it is gone.
func (k *Kernel) ipcRemove(o *ipcObject) {
	o.gone, o.key = true, abi.IPC_PRIVATE
	if o.inode != nil {
		k.fs.DropInode(o.inode)
	}
	k.ipcs = slices.DeleteFunc(slices.Clone(k.ipcs), (*ipcObject).destroyed)
	k.changed()
}

// ipcOwned checks who may change or remove an object.
func (k *Kernel) ipcOwned(o *ipcObject) int64 {
	if u := k.user(); u.UID != 0 && u.UID != o.owner.UID && u.UID != o.uid {
		return -EPERM
	}
	return 0
}

// perm encodes struct ipc64_perm.
func (o *ipcObject) perm(word int) []byte {
	b := make([]byte, 48)
	if word == 4 {
		b = b[:36]
	}
	mode := o.mode
	if o.gone {
		mode |= abi.SHM_DEST
	}
	if o.locked {
		mode |= abi.SHM_LOCKED
	}
	for i, v := range []uint32{o.key, o.uid, o.gid, o.owner.UID, o.owner.GID, mode} {
		le.PutUint32(b[4*i:], v)
	}
	le.PutUint16(b[24:], uint16(o.id>>15))
	return b
}

// stat encodes shmid64_ds, semid64_ds or msqid64_ds.
func (o *ipcObject) stat(word int) []byte {
	b := o.perm(word)
	long := func(v int) {
		if word == 4 {
			b = le.AppendUint32(b, uint32(v))
		} else {
			b = le.AppendUint64(b, uint64(v))
		}
	}
	times := func(l ...uint64) {
		for _, v := range l {
			b = le.AppendUint64(b, v) // 32-bit ones have the high half behind it
		}
	}
	switch o.kind {
	case ipcShm:
		long(int(o.size))
		times(o.used, o.taken, o.changed)
		b = le.AppendUint32(b, uint32(o.maker))
		b = le.AppendUint32(b, uint32(o.lastPID))
		long(o.attached())
	case ipcSem:
		for _, v := range []uint64{o.used, o.changed} {
			times(v)
			if word == 8 {
				times(0)
			}
		}
		long(len(o.sems))
	case ipcMsg:
		times(o.used, o.taken, o.changed)
		long(o.bytes)
		long(len(o.queue))
		long(o.most)
		b = le.AppendUint32(b, uint32(o.lastPID))
		b = le.AppendUint32(b, uint32(o.lastTake))
	}
	long(0)
	long(0)
	return b
}

// ipcCommon is what the three control calls share: IPC_RMID, IPC_SET and IPC_STAT.
func (k *Kernel) ipcCommon(t *Thread, o *ipcObject, command int, va uint64, word int) int64 {
	switch command {
	case abi.IPC_RMID:
		if r := k.ipcOwned(o); r != 0 {
			return r
		}
		k.ipcRemove(o)
		return 0
	case abi.IPC_STAT:
		if r := k.ipcPermit(o, 4); r != 0 {
			return r
		}
		if !t.proc.mm.Write(va, o.stat(word)) {
			return -EFAULT
		}
		return 0
	case abi.IPC_SET:
		b := o.stat(word)
		if !t.proc.mm.Read(va, b) {
			return -EFAULT
		}
		if r := k.ipcOwned(o); r != 0 {
			return r
		}
		if o.kind == ipcMsg {
			most := int(wordAt(b[len(b)-2*word-8-word:], 0, word))
			if most > maxQueue {
				return -EPERM
			}
			o.most = most
		}
		o.uid, o.gid, o.mode = le.Uint32(b[4:]), le.Uint32(b[8:]), le.Uint32(b[20:])&0o777
		o.changed = k.seconds()
		k.changed()
		return 0
	}
	return -EINVAL
}

// control reads a control call's command, with the bit of 32-bit programs that
// ask for the present layouts.
func (c *call) control(i int) int {
	const present = 0x100
	if c.compat {
		return c.int(i) &^ present
	}
	return c.int(i)
}

// noObject is the error of a call that finds no object: one that waited saw it go.
func (t *Thread) noObject() int64 {
	if t.progress != 0 {
		return -EIDRM
	}
	return -EINVAL
}

// sysIPC is i386's one call for all of them.
func sysIPC(k *Kernel, t *Thread, c *call) int64 {
	n := *c
	version := c.arg[0] >> 16
	first, second, third, ptr, fifth := c.arg[1], c.arg[2], c.arg[3], c.arg[4], c.arg[5]
	set := func(run handler, args ...uint64) int64 {
		n.arg = [6]uint64{}
		copy(n.arg[:], args)
		return run(k, t, &n)
	}
	switch c.arg[0] & 0xffff {
	case 1:
		return set(sysSemop, first, ptr, second)
	case 2:
		return set(sysSemget, first, second, third)
	case 3:
		arg, ok := getWord(t.proc.mm, ptr, 4)
		if !ok {
			return -EFAULT
		}
		return set(sysSemctl, first, second, third, arg)
	case 4:
		return set(sysSemtimedop, first, ptr, second, fifth)
	case 11:
		return set(sysMsgsnd, first, ptr, second, third)
	case 12:
		if version == 0 {
			at, ok := getWord(t.proc.mm, ptr, 8)
			if !ok {
				return -EFAULT
			}
			ptr, fifth = at&0xffffffff, at>>32
		}
		return set(sysMsgrcv, first, ptr, second, fifth, third)
	case 13:
		return set(sysMsgget, first, second)
	case 14:
		return set(sysMsgctl, first, second, ptr)
	case 21:
		r := set(sysShmat, first, ptr, second)
		if r < 0 && r >= -abi.MaxErrno {
			return r
		}
		return t.putInt(third, uint64(r))
	case 22:
		return set(sysShmdt, ptr)
	case 23:
		return set(sysShmget, first, second, third)
	case 24:
		return set(sysShmctl, first, second, ptr)
	}
	return -ENOSYS
}
