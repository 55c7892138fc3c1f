package linux

import (
	"slices"
	"time"

	"trapline/internal/linux/abi"
	"trapline/internal/linux/mm"
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

// ipcPermit checks access bits of one class, R_OK, W_OK and X_OK.
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
	asked := uint32(flags>>6|flags>>3|flags) & (abi.R_OK | abi.W_OK)
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

// perm is struct ipc64_perm.
func (o *ipcObject) perm() abi.Ipc64Perm {
	p := abi.Ipc64Perm{Key: o.key, Uid: o.uid, Gid: o.gid, Cuid: o.owner.UID, Cgid: o.owner.GID, Mode: abi.ModeT(o.mode), Seq: uint16(o.id >> ipcIndexBits)}
	if o.gone {
		p.Mode |= abi.SHM_DEST
	}
	if o.locked {
		p.Mode |= abi.SHM_LOCKED
	}
	return p
}

// stat is struct shmid64_ds, semid64_ds or msqid64_ds.
func (o *ipcObject) stat() any {
	used, taken, changed := abi.Time64(o.used), abi.Time64(o.taken), abi.Time64(o.changed)
	switch o.kind {
	case ipcShm:
		return abi.Shmid64Ds{
			Perm: o.perm(), Segsz: abi.ULong(o.size), Atime: used, Dtime: taken, Ctime: changed,
			Cpid: int32(o.maker), Lpid: int32(o.lastPID), Nattch: abi.ULong(o.attached()),
		}
	case ipcSem:
		return abi.Semid64Ds{Perm: o.perm(), Otime: used, Ctime: changed, Nsems: abi.ULong(len(o.sems))}
	}
	return abi.Msqid64Ds{
		Perm: o.perm(), Stime: used, Rtime: taken, Ctime: changed, Cbytes: abi.ULong(o.bytes), Qnum: abi.ULong(len(o.queue)), Qbytes: abi.ULong(o.most),
		Lspid: int32(o.lastPID), Lrpid: int32(o.lastTake),
	}
}

// readSet reads what IPC_SET takes of such a structure: its owner and mode, and the bytes that
// a queue may hold; false: EFAULT.
func (o *ipcObject) readSet(mm *mm.MM, va uint64, word int) (abi.Ipc64Perm, uint64, bool) {
	switch o.kind {
	case ipcShm:
		var ds abi.Shmid64Ds
		ok := copyFromUser(mm, va, word, &ds)
		return ds.Perm, 0, ok
	case ipcSem:
		var ds abi.Semid64Ds
		ok := copyFromUser(mm, va, word, &ds)
		return ds.Perm, 0, ok
	}
	var ds abi.Msqid64Ds
	ok := copyFromUser(mm, va, word, &ds)
	return ds.Perm, uint64(ds.Qbytes), ok
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
		if r := k.ipcPermit(o, abi.R_OK); r != 0 {
			return r
		}
		return t.copyOut(va, word, o.stat())
	case abi.IPC_SET:
		perm, most, ok := o.readSet(t.proc.mm, va, word)
		if !ok {
			return -EFAULT
		}
		if r := k.ipcOwned(o); r != 0 {
			return r
		}
		if o.kind == ipcMsg {
			if most > maxQueue {
				return -EPERM
			}
			o.most = int(most)
		}
		o.uid, o.gid, o.mode = perm.Uid, perm.Gid, uint32(perm.Mode)&0o777
		o.changed = k.seconds()
		k.changed()
		return 0
	}
	return -EINVAL
}

// control reads a control call's command, with the bit of 32-bit programs that
// ask for the present layouts.
func (c *call) control(i int) int {
	if c.compat {
		return c.int(i) &^ abi.IPC_64
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
	case abi.SEMOP:
		return set(sysSemop, first, ptr, second)
	case abi.SEMGET:
		return set(sysSemget, first, second, third)
	case abi.SEMCTL:
		arg, ok := getWord(t.proc.mm, ptr, 4)
		if !ok {
			return -EFAULT
		}
		return set(sysSemctl, first, second, third, arg)
	case abi.SEMTIMEDOP:
		return set(sysSemtimedop, first, ptr, second, fifth)
	case abi.MSGSND:
		return set(sysMsgsnd, first, ptr, second, third)
	case abi.MSGRCV:
		if version == 0 {
			var a abi.IpcKludge
			if !copyFromUser(t.proc.mm, ptr, c.word(), &a) {
				return -EFAULT
			}
			ptr, fifth = uint64(a.Msgp), uint64(a.Msgtyp)
		}
		return set(sysMsgrcv, first, ptr, second, fifth, third)
	case abi.MSGGET:
		return set(sysMsgget, first, second)
	case abi.MSGCTL:
		return set(sysMsgctl, first, second, ptr)
	case abi.SHMAT:
		r := set(sysShmat, first, ptr, second)
		if r < 0 && r >= -abi.MaxErrno {
			return r
		}
		return t.putInt(third, uint64(r))
	case abi.SHMDT:
		return set(sysShmdt, ptr)
	case abi.SHMGET:
		return set(sysShmget, first, second, third)
	case abi.SHMCTL:
		return set(sysShmctl, first, second, ptr)
	}
	return -ENOSYS
}
