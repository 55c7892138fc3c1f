package traps

import "trapline/internal/emu"

// Rename implements emu.Renamer: tasks and places in the flow are each vCPU's.
func (k *Kernel) Rename(r *emu.Renaming) {
	tasks := append([]Task(nil), k.Tasks...)
	for i, t := range tasks {
		k.Tasks[r.To[i]] = t
	}
	if k.direct == nil {
		return
	}
	cpus := append([]directCPU(nil), k.direct.cpus...)
	for i, c := range cpus {
		for j := range c.frames[:c.depth] {
			f := &c.frames[j]
			f.regs = r.Word(f.regs)
			for n := range f.stack[:f.calls] {
				f.stack[n].rbx = r.Word(f.stack[n].rbx)
			}
		}
		k.direct.cpus[r.To[i]] = c
	}
}

// HashOwn implements emu.Renamer.
func (k *Kernel) HashOwn(h *emu.Hasher, cpu int, n *emu.Namer) {
	k.Tasks[cpu].hash(h)
	if k.direct != nil {
		k.direct.cpus[cpu].hash(h, n.Word)
	}
}

// HashShared implements emu.Renamer: there is nothing else.
func (k *Kernel) HashShared(*emu.Hasher) {}

// CPUOf implements emu.Renamer: its cells are the tasks' signals.
func (k *Kernel) CPUOf(l emu.Loc) int {
	for i := range k.Tasks {
		if k.cells.Loc(i) == l {
			return i
		}
	}
	return -1
}

func (t *Task) hash(h *emu.Hasher) {
	h.Uint64(t.Got)
	h.Bool(t.Done)
	h.Bool(t.Ptraced)
	h.Bool(t.DTrace)
}

// hash feeds a vCPU's place in the flow; word names addresses.
func (st *directCPU) hash(h *emu.Hasher, word func(uint64) uint64) {
	h.Uint64(uint64(st.depth))
	for _, f := range st.frames[:st.depth] {
		h.Uint64(uint64(f.pc)<<16 | uint64(f.vec)<<8 | emu.B2U(f.gs)<<7 | uint64(f.calls))
		h.Uint64(word(f.regs)<<1 | emu.B2U(f.inCall))
		h.Uint64(uint64(f.err))
		h.Uint64(f.dr7)
		for _, c := range f.stack[:f.calls] {
			h.Uint64(uint64(c.pc)<<32 ^ word(c.rbx))
		}
	}
}

func unnamed(v uint64) uint64 { return v }
