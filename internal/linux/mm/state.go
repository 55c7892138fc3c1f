package mm

import (
	"slices"
	"trapline/internal/emu"
	"trapline/internal/linux/state"
)

// The kinds of objects that address spaces consist of.
var (
	MMKind  = state.Kind[MM]{Reach: (*MM).reach, Hash: (*MM).hash, Own: (*MM).own}
	VMAKind = state.Kind[VMA]{Reach: (*VMA).reach}
)

func (mm *MM) own() { mm.vmas = slices.Clone(mm.vmas) }

func (mm *MM) hash(h *emu.Hasher, o *state.Objects) {
	state.Words(h, uint64(mm.shared.machine.SpaceNumber(mm.space)), uint64(mm.Users), mm.mmapBase, mm.StartBrk, mm.Brk, mm.ArgStart, mm.ArgEnd,
		state.NumberObject(o, mm.Exe), mm.VDSO, mm.StartStack, uint64(len(mm.vmas)))
	h.Bytes(mm.Auxv)
	if mm.ldtEntries != 0 || mm.LockFuture != NotLocked {
		state.Words(h, uint64(mm.ldtEntries), uint64(mm.LockFuture))
	}
	if mm.Barriers != 0 {
		h.Uint64(uint64(mm.Barriers))
	}
	if mm.abi != mm.shared.machine.Arch {
		h.String("32-bit programs")
	}
	for _, v := range mm.vmas {
		state.Words(h, v.Start, v.End, uint64(v.Prot), state.Number(o, v.Inode), state.NumberObject(o, v.File), v.Off)
		h.Bool(v.Shared)
		h.Bool(v.DontCopy)
		if v.ReadOnly {
			h.String("read-only")
		}
		if v.Locked != NotLocked {
			h.String("locked")
			h.Uint64(uint64(v.Locked))
		}
		if v.WipeOnFork {
			h.String("wiped")
		}
		h.Bool(v.GrowsDown)
		h.String(v.Name)
	}
}

func (mm *MM) reach(o *state.Objects) {
	state.VisitObject(o, mm.Exe)
	for _, v := range mm.vmas {
		state.Visit(o, v)
	}
}

func (v *VMA) reach(o *state.Objects) {
	state.Visit(o, v.Inode)
	state.VisitObject(o, v.File)
}
