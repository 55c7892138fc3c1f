package linux

import (
	"math"

	"trapline/internal/emu"
	"trapline/internal/linux/abi"
	"trapline/internal/linux/mm"
	"trapline/internal/linux/state"
)

// Numbers of System V objects: an index, and above it how often indices have begun
// anew (ipc_idr_alloc()).
const (
	ipcIndexBits = 15
	ipcMinCycle  = 64
)

func (o *ipcObject) index() int { return o.id & (1<<ipcIndexBits - 1) }

// ipcNumber is the number of a new object: indices go round.
func (k *Kernel) ipcNumber(kind ipcKind) int {
	used := map[int]bool{}
	for _, o := range k.ipcs {
		if o.kind == kind {
			used[o.index()] = true
		}
	}
	most := min(max(len(used)*3/2, ipcMinCycle), maxObjects[kind])
	index := k.nextIPC[kind]
	for n := 0; n < most && (index >= most || used[index]); n++ {
		if index++; index >= most {
			index = 0
		}
	}
	if index < k.nextIPC[kind] {
		k.ipcRound[kind]++
	}
	k.nextIPC[kind] = index + 1
	return k.ipcRound[kind]&0xffff<<ipcIndexBits | index
}

// ipcAt is the object of a kind with an index, or nil.
func (k *Kernel) ipcAt(kind ipcKind, index int) *ipcObject {
	for _, o := range k.ipcs {
		if o.kind == kind && o.index() == index&(1<<ipcIndexBits-1) && !o.destroyed() {
			return o
		}
	}
	return nil
}

// ipcStatAt answers the _STAT commands: what IPC_STAT gives of the object with an index, and its
// number. Everybody may have that of an _ANY one.
func (k *Kernel) ipcStatAt(t *Thread, kind ipcKind, index int, va uint64, word int, everybody bool) int64 {
	o := k.ipcAt(kind, index)
	switch {
	case o == nil:
		return -EINVAL
	case !everybody && k.ipcPermit(o, 4) != 0:
		return -EACCES
	case !t.proc.mm.Write(va, o.stat(word)):
		return -EFAULT
	}
	return int64(o.id)
}

// ipcUse is how many objects of a kind there are, and the highest index.
func (k *Kernel) ipcUse(kind ipcKind) (n, highest int) {
	for _, o := range k.ipcs {
		if o.kind == kind && !o.destroyed() {
			n++
			highest = max(highest, o.index())
		}
	}
	return n, highest
}

// putInfo writes the 32-bit words of a structure, and gives the highest index of a kind.
func (k *Kernel) putInfo(t *Thread, kind ipcKind, va uint64, values ...int) int64 {
	var b []byte
	for _, v := range values {
		b = le.AppendUint32(b, uint32(v))
	}
	if !t.proc.mm.Write(va, b) {
		return -EFAULT
	}
	_, highest := k.ipcUse(kind)
	return int64(highest)
}

// semInfo is struct seminfo: limits, or what is used.
func (k *Kernel) semInfo(t *Thread, va uint64, used bool) int64 {
	const undoSize = 20 // SEMUSZ
	sets, _ := k.ipcUse(ipcSem)
	size, most := undoSize, maxSemValue
	if used {
		size, most = sets, 0
		for _, o := range k.ipcs {
			most += len(o.sems)
		}
	}
	return k.putInfo(t, ipcSem, va, maxSemaphores, maxObjects[ipcSem], maxSemaphores, maxSemaphores, maxSetSize, maxSemOps, maxSemOps, size, maxSemValue, most)
}

// msgInfo is struct msginfo.
func (k *Kernel) msgInfo(t *Thread, va uint64, used bool) int64 {
	const segment, segments = 16, 0xffff // MSGSSZ, MSGSEG
	queues, _ := k.ipcUse(ipcMsg)
	pool, headers, bytes := maxObjects[ipcMsg]*(maxQueue/1024), maxQueue, maxQueue
	if used {
		pool, headers, bytes = queues, 0, k.messageBytes()
		for _, o := range k.ipcs {
			headers += len(o.queue)
		}
	}
	return k.putInfo(t, ipcMsg, va, pool, headers, maxMessage, maxQueue, maxObjects[ipcMsg], segment, bytes, segments)
}

// shmLimits is struct shminfo64.
func (k *Kernel) shmLimits(t *Thread, va uint64, word int) int64 {
	const unlimited = math.MaxUint64 - 1<<24
	var b []byte
	for _, v := range []uint64{unlimited, 1, uint64(maxObjects[ipcShm]), uint64(maxObjects[ipcShm]), unlimited, 0, 0, 0, 0} {
		switch {
		case word == 8:
			b = le.AppendUint64(b, v)
		case len(b) == 0:
			b = le.AppendUint32(b, math.MaxInt32)
		default:
			b = le.AppendUint32(b, uint32(v))
		}
	}
	if !t.proc.mm.Write(va, b) {
		return -EFAULT
	}
	_, highest := k.ipcUse(ipcShm)
	return int64(highest)
}

// shmUse is struct shm_info: objects, pages, and how many of those are there.
func (k *Kernel) shmUse(t *Thread, va uint64, word int) int64 {
	n, highest := k.ipcUse(ipcShm)
	pages, there := 0, 0
	for _, o := range k.ipcs {
		if o.kind == ipcShm && !o.destroyed() {
			pages += int(mm.PageCeil(o.size) / emu.PageSize)
			there += o.inode.Present()
		}
	}
	var b []byte
	for _, v := range []int{n, pages, there, 0, 0, 0} {
		if word == 8 {
			b = le.AppendUint64(b, uint64(v))
		} else {
			b = le.AppendUint32(b, uint32(v))
		}
	}
	if !t.proc.mm.Write(va, b) {
		return -EFAULT
	}
	return int64(highest)
}

// lockSegment is SHM_LOCK and SHM_UNLOCK: a segment counts against RLIMIT_MEMLOCK
// of its user while it is locked (shmctl_do_lock()).
func (k *Kernel) lockSegment(t *Thread, o *ipcObject, lock bool) int64 {
	limit := t.proc.limit(abi.RLIMIT_MEMLOCK).now
	if !k.privileged() {
		switch {
		case k.ipcOwned(o) != 0, lock && limit == 0:
			return -EPERM
		}
	}
	if lock && !o.locked {
		all := mm.PageCeil(o.size)
		for _, other := range k.ipcs {
			if other.locked {
				all += mm.PageCeil(other.size)
			}
		}
		if all > mm.PageFloor(limit) && !k.privileged() {
			return -ENOMEM
		}
	}
	o.locked = lock
	return 0
}

// hashIPC feeds which System V objects there are. Their times are clocks.
func (k *Kernel) hashIPC(h *emu.Hasher, o *state.Objects) {
	if len(state.All[ipcObject](o)) == 0 && k.nextIPC == [3]int{} && k.ipcRound == [3]int{} {
		return
	}
	for _, n := range k.ipcRound {
		h.Uint64(uint64(n))
	}
	state.Words(h, uint64(k.nextIPC[0]), uint64(k.nextIPC[1]), uint64(k.nextIPC[2]), uint64(len(k.ipcs)))
	for _, i := range k.ipcs {
		h.Uint64(state.Number(o, i))
	}
}

func (i *ipcObject) hash(h *emu.Hasher, o *state.Objects) {
	state.Words(h, uint64(i.kind), uint64(i.id), uint64(i.key), uint64(i.uid), uint64(i.gid), uint64(i.mode), uint64(i.owner.UID), uint64(i.owner.GID),
		uint64(i.lastPID), uint64(i.lastTake), uint64(i.maker), state.Number(o, i.inode), i.size, uint64(i.bytes), uint64(i.most), uint64(len(i.sems)), uint64(len(i.queue)))
	h.Bool(i.gone)
	h.Bool(i.locked)
	for _, s := range i.sems {
		state.Words(h, uint64(s.value), uint64(s.pid))
	}
	for _, m := range i.queue {
		h.Uint64(uint64(m.kind))
		h.Bytes(m.data)
	}
}

// held is what an object has beside its value, in bytes.
func (i *ipcObject) held() int { return i.bytes + 16*len(i.sems) }
