package uprobes

import (
	"cmp"
	"maps"
	"slices"

	"trapline/internal/emu"
	"trapline/internal/linux"
	"trapline/internal/memento"
)

// snapshot is a System's part of a machine's snapshot: the objects are given their values back.
type snapshot struct {
	tree    tree
	last    lastStep
	stepper int
	uprobes memento.Set[uprobe]
	mms     memento.Set[mmState]
	areas   memento.Set[area]
	tasks   memento.Set[task]
}

func (t tree) clone() tree {
	n := maps.Clone(t)
	for f, l := range n {
		n[f] = slices.Clone(l)
	}
	return n
}

func (u *uprobe) own() { u.consumers = slices.Clone(u.consumers) }

func (st *mmState) own() { st.delayed = slices.Clone(st.delayed) }

func (ut *task) own() { ut.returns = slices.Clone(ut.returns) }

// Save is emu.Part's: which uprobes there are, and what is kept of address spaces and threads.
func (s *System) Save() any {
	o := s.objects()
	return &snapshot{
		s.tree.clone(), s.last, s.stepper, memento.Of(o.uprobes, (*uprobe).own), memento.Of(o.mms, (*mmState).own),
		memento.Of(o.areas, nil), memento.Of(o.tasks, (*task).own),
	}
}

// Restore is emu.Part's.
func (s *System) Restore(v any) {
	was := v.(*snapshot)
	s.tree, s.last, s.stepper = was.tree.clone(), was.last, was.stepper
	was.uprobes.Restore()
	was.mms.Restore()
	was.areas.Restore()
	was.tasks.Restore()
}

// objects are what the state consists of, each once, in an order that depends on their values only.
type objects struct {
	uprobes []*uprobe
	mms     []*mmState
	areas   []*area
	tasks   []*task
	owners  []int // numbers of the processes of mms and the threads of tasks
}

func (s *System) objects() *objects {
	o := &objects{}
	files := slices.SortedFunc(maps.Keys(s.tree), func(a, b FileID) int {
		return cmp.Or(cmp.Compare(a.Dev, b.Dev), cmp.Compare(a.Ino, b.Ino))
	})
	for _, f := range files {
		o.uprobes = append(o.uprobes, s.tree[f]...)
	}
	if s.k == nil {
		return o
	}
	for _, p := range s.k.Processes() {
		o.addMM(p)
		for _, t := range p.Threads() {
			o.addTask(t)
		}
	}
	return o
}

func (o *objects) addMM(p *linux.Process) {
	st, ok := p.MM().Probes.(*mmState)
	if !ok || slices.Contains(o.mms, st) {
		return
	}
	o.mms = append(o.mms, st)
	o.owners = append(o.owners, p.PID)
	if st.area != nil {
		o.areas = append(o.areas, st.area)
	}
	for _, u := range st.delayed {
		o.number(u)
	}
}

func (o *objects) addTask(t *linux.Thread) {
	ut, ok := t.Probes.(*task)
	if !ok {
		return
	}
	o.tasks = append(o.tasks, ut)
	o.owners = append(o.owners, t.TID)
	for _, u := range []*uprobe{ut.hit, ut.active} {
		o.number(u)
	}
	for _, r := range ut.returns {
		o.number(r.uprobe)
	}
}

// number is what stands for a uprobe in hashes, which may be out of the tree; 0: nil.
func (o *objects) number(u *uprobe) uint64 {
	if u == nil {
		return 0
	}
	if !slices.Contains(o.uprobes, u) {
		o.uprobes = append(o.uprobes, u)
	}
	return uint64(slices.Index(o.uprobes, u)) + 1
}

// Hash is emu.Part's.
func (s *System) Hash(h *emu.Hasher) {
	o := s.objects()
	feed(h, uint64(s.engine), s.last.addr, s.last.copyAt, uint64(s.stepper), uint64(len(o.uprobes)), uint64(len(o.mms)))
	for _, n := range o.owners {
		h.Uint64(uint64(n))
	}
	for _, u := range o.uprobes {
		feed(h, u.File.Dev, u.File.Ino, u.Offset, u.RefCounter, uint64(len(u.consumers)))
		if s.countMissed {
			h.Uint64(u.missed)
		}
		h.Bool(u.insn != nil)
	}
	for _, st := range o.mms {
		st.hash(h, o)
	}
	for _, ut := range o.tasks {
		ut.hash(h, o)
	}
}

func feed(h *emu.Hasher, l ...uint64) {
	for _, v := range l {
		h.Uint64(v)
	}
}

func (st *mmState) hash(h *emu.Hasher, o *objects) {
	h.Bool(st.probed)
	h.Bool(st.recheck)
	for _, u := range st.delayed {
		h.Uint64(o.number(u))
	}
	h.Bool(st.area != nil)
	if a := st.area; a != nil {
		h.Uint64(a.start)
		h.Bool(a.wanted)
		for n := range a.taken {
			h.Bool(a.taken[n])
			h.Bytes(a.held[n][:])
		}
	}
}

func (ut *task) hash(h *emu.Hasher, o *objects) {
	feed(h, uint64(ut.state), o.number(ut.hit), ut.addr, o.number(ut.active), ut.trapNo, uint64(len(ut.returns)))
	h.Bool(ut.notify)
	if ut.active != nil {
		feed(h, ut.step.Addr, ut.step.Slot, ut.step.scratch)
		h.Bool(ut.step.hadTF)
	}
	for i := range ut.returns {
		r := &ut.returns[i]
		feed(h, o.number(r.uprobe), r.addr, r.stack, r.ret)
		h.Bool(r.chained)
	}
}
