package uprobes

import (
	"bytes"

	"trapline/internal/emu"
	"trapline/internal/linux"
	"trapline/internal/linux/mm"
)

const (
	// SlotSize is the bytes of a slot of the XOL area (UPROBE_XOL_SLOT_BYTES).
	SlotSize = 128
	// Slots is how many slots the area has; the first holds the trampoline of return probes (U5).
	Slots = emu.PageSize / SlotSize
)

// area is the page of a process in which copies are stepped (struct xol_area).
type area struct {
	start  uint64
	taken  [Slots]bool
	wanted bool                  // a thread waits for a slot
	held   [Slots][CodeSize]byte // what has been written to each
}

// areaOf finds or makes a process's area, at the address or as high as there is room; nil if there is none.
func (s *System) areaOf(mem *mm.MM, at uint64) *area {
	st := stateOf(mem)
	if st.area != nil {
		return st.area
	}
	if at == 0 {
		at = mem.TaskSize() - emu.PageSize
	}
	at, err := mem.AddSpecial(at, mm.Special{Name: mm.UprobesName, Prot: mm.ProtExec, Pages: 1})
	if err != nil {
		return nil
	}
	mem.Find(at).DontCopy = true
	a := &area{start: at}
	a.taken[0] = true
	if !mem.WriteForced(a.start, []byte{Breakpoint}) {
		return nil
	}
	st.area = a
	return a
}

// take writes a copy to the first free slot; false if there is none.
func (a *area) take(mm *mm.MM, i *Instruction) (uint64, bool) {
	for n := range a.taken {
		if a.taken[n] {
			continue
		}
		va := a.start + uint64(n)*SlotSize
		if !bytes.Equal(a.held[n][:], i.Copy[:]) {
			mm.WriteForced(va, i.Copy[:])
			a.held[n] = i.Copy
		}
		a.taken[n] = true
		return va, true
	}
	return 0, false
}

// freeSlot gives a slot back, and those who wait for one a try (xol_free_insn_slot()).
func (s *System) freeSlot(mm *mm.MM, slot uint64) {
	a := stateOf(mm).area
	a.taken[(slot-a.start)/SlotSize] = false
	if a.wanted {
		a.wanted = false
		linux.KernelOf(mm).Changed()
	}
}
