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
	case !everybody && k.ipcPermit(o, abi.R_OK) != 0:
		return -EACCES
	case !copyToUser(t.proc.mm, va, word, o.stat()):
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

// putInfo writes a structure, and gives the highest index of a kind.
func (k *Kernel) putInfo(t *Thread, kind ipcKind, va uint64, word int, info any) int64 {
	if !copyToUser(t.proc.mm, va, word, info) {
		return -EFAULT
	}
	_, highest := k.ipcUse(kind)
	return int64(highest)
}

// semInfo is struct seminfo: limits, or what is used.
func (k *Kernel) semInfo(t *Thread, va uint64, used bool) int64 {
	const undoSize = 20 // SEMUSZ
	info := abi.Seminfo{
		Semmap: maxSemaphores, Semmni: int32(maxObjects[ipcSem]), Semmns: maxSemaphores, Semmnu: maxSemaphores, Semmsl: maxSetSize,
		Semopm: maxSemOps, Semume: maxSemOps, Semusz: undoSize, Semvmx: maxSemValue, Semaem: maxSemValue,
	}
	if used {
		sets, _ := k.ipcUse(ipcSem)
		info.Semusz, info.Semaem = int32(sets), 0
		for _, o := range k.ipcs {
			info.Semaem += int32(len(o.sems))
		}
	}
	return k.putInfo(t, ipcSem, va, t.call.word(), info)
}

// msgInfo is struct msginfo.
func (k *Kernel) msgInfo(t *Thread, va uint64, used bool) int64 {
	const segment, segments = 16, 0xffff // MSGSSZ, MSGSEG
	info := abi.Msginfo{
		Msgpool: int32(maxObjects[ipcMsg] * (maxQueue / 1024)), Msgmap: maxQueue, Msgmax: maxMessage, Msgmnb: maxQueue,
		Msgmni: int32(maxObjects[ipcMsg]), Msgssz: segment, Msgtql: maxQueue, Msgseg: segments,
	}
	if used {
		queues, _ := k.ipcUse(ipcMsg)
		info.Msgpool, info.Msgmap, info.Msgtql = int32(queues), 0, int32(k.messageBytes())
		for _, o := range k.ipcs {
			info.Msgmap += int32(len(o.queue))
		}
	}
	return k.putInfo(t, ipcMsg, va, t.call.word(), info)
}

// shmLimits is struct shminfo64.
func (k *Kernel) shmLimits(t *Thread, va uint64, word int) int64 {
	const unlimited = math.MaxUint64 - 1<<24
	segments := abi.ULong(maxObjects[ipcShm])
	info := abi.Shminfo64{Shmmax: unlimited, Shmmin: 1, Shmmni: segments, Shmseg: segments, Shmall: unlimited}
	if word == 4 {
		info.Shmmax = math.MaxInt32
	}
	return k.putInfo(t, ipcShm, va, word, info)
}

// shmUse is struct shm_info: objects, pages, and how many of those are there.
func (k *Kernel) shmUse(t *Thread, va uint64, word int) int64 {
	n, _ := k.ipcUse(ipcShm)
	info := abi.ShmInfo{UsedIDs: int32(n)}
	for _, o := range k.ipcs {
		if o.kind == ipcShm && !o.destroyed() {
			info.ShmTot += abi.ULong(mm.PageCeil(o.size) / emu.PageSize)
			info.ShmRss += abi.ULong(o.inode.Present())
		}
	}
	return k.putInfo(t, ipcShm, va, word, info)
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
