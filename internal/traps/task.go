package traps

import (
	"fmt"
	"slices"

	"trapline/internal/emu"
	"trapline/internal/x86"
)

// Task is what runs on a vCPU: the part of task_struct that the trap path
// looks at. Plain values: a snapshot copies it.
type Task struct {
	Name    string
	Ptraced bool   // a debugger is attached: signals stop it, and it goes on
	DTrace  bool   // PT_DTRACE: the debugger asked for single steps
	Got     uint64 // signals that were delivered, bit per number
	Done    bool   // finished in good order
	Started bool   // by Kernel.Start: other vCPUs idle
	// How it ended otherwise. CPU.Shutdown says so too, in words.
	Killed     int // by this signal; 0: by none
	Oopsed     bool
	OopsVector x86.Vector
	DebugReg7  uint64 // at the start
}

// kernelState is the simulator-side part of a snapshot. Snapshots share what
// did not change between them: nothing in here is written again.
type kernelState struct {
	tasks  []Task
	brk    uint64
	lazy   *lazyPages
	direct []*directCPU
}

// Save copies the kernel's simulator-side values (emu.Part).
func (k *Kernel) Save() any {
	last := k.saved
	s := &kernelState{tasks: last.tasks, brk: k.brk, lazy: k.lazy, direct: last.direct}
	same := last.brk == k.brk && last.lazy == k.lazy
	if !slices.Equal(last.tasks, k.Tasks) {
		s.tasks, same = slices.Clone(k.Tasks), false
	}
	if k.direct != nil && !k.direct.equal(last.direct) {
		s.direct, same = k.direct.save(last.direct), false
	}
	if !same {
		k.saved = s
	}
	return k.saved
}

// Restore takes them back.
func (k *Kernel) Restore(v any) {
	s := v.(*kernelState)
	copy(k.Tasks, s.tasks)
	k.brk, k.lazy, k.saved = s.brk, s.lazy, s
	if k.direct != nil {
		for i, c := range s.direct {
			k.direct.cpus[i] = *c
		}
	}
}

func (d *directMode) equal(saved []*directCPU) bool {
	return slices.EqualFunc(d.cpus, saved, func(a directCPU, b *directCPU) bool { return a == *b })
}

// save copies each vCPU's place, but for those that last has already.
func (d *directMode) save(last []*directCPU) []*directCPU {
	l := make([]*directCPU, len(d.cpus))
	for i := range d.cpus {
		if i < len(last) && *last[i] == d.cpus[i] {
			l[i] = last[i]
			continue
		}
		c := d.cpus[i]
		l[i] = &c
	}
	return l
}

// Hash feeds them to a state hash.
func (k *Kernel) Hash(h *emu.Hasher) {
	for i := range k.Tasks {
		k.Tasks[i].hash(h)
	}
	if k.direct == nil {
		return
	}
	for i := range k.direct.cpus {
		k.direct.cpus[i].hash(h, unnamed)
	}
}

// Start puts a task on vCPU id: ring 0 or 3, at rip with stack pointer sp (0:
// the kernel stack's top with task_exit as return address).
func (k *Kernel) Start(id int, t Task, ring int, rip, sp uint64) error {
	c := k.M.CPUs[id]
	cs, ds := k.Layout.KernelCS, k.Layout.KernelDS
	if ring == 3 {
		cs, ds = k.Layout.UserCS, k.Layout.UserDS
	}
	if err := k.loadSegments(c, cs, ds); err != nil {
		return err
	}
	if sp == 0 {
		word := uint64(k.M.Arch.Word())
		sp = k.Layout.StackTop(id) - 2*word
		if !k.M.PokeWord(c.Space, sp, int(word), k.Symbol("task_exit")) {
			return fmt.Errorf("vCPU %d has no kernel stack", id)
		}
	}
	info := k.Layout.ThreadInfo(id)
	k.Poke(c.Space, info+threadPtrace, emu.B2U(t.Ptraced)*ptPtraced|emu.B2U(t.DTrace)*ptDTrace, 4)
	k.Poke(c.Space, info+threadDR7, t.DebugReg7, k.M.Arch.Word())
	if k.stacksAt != 0 {
		c.Seg[x86.GS].Base, c.Sys.MSR.KernelGSBase = k.PDA(id).Low, 0
		if ring == 3 {
			c.Seg[x86.GS].Base, c.Sys.MSR.KernelGSBase = 0, c.Seg[x86.GS].Base
		}
	}
	c.GPR[x86.RSP], c.RIP = sp, rip
	c.RFLAGS |= x86.IF
	c.Halted = false
	t.Started = true
	k.Tasks[id] = t
	return nil
}

// loadSegments loads flat CS, SS and data segments from the GDT.
func (k *Kernel) loadSegments(c *emu.CPU, cs, ds uint16) error {
	t := k.M.LoadCode(c, cs, uint32(cs&3))
	if t == nil {
		t = k.M.LoadStack(c, ds, uint32(cs&3), x86.VecGP)
	}
	for _, i := range [...]int{x86.DS, x86.ES} {
		if t == nil {
			t = k.M.LoadData(c, i, ds)
		}
	}
	if t != nil {
		return fmt.Errorf("load segments %#x, %#x: %v", cs, ds, t)
	}
	return nil
}
