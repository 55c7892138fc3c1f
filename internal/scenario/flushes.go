package scenario

import (
	"fmt"

	"trapline/internal/emu"
	"trapline/internal/explore"
)

// firstUnit is the number of the first actor that is a part of a vCPU: for each
// of the machine's units there is one of every vCPU.
func (r *Run) firstUnit() int {
	n := len(r.Machine.CPUs)
	if r.scheduled {
		n += len(r.free())
	}
	return n
}

// UnitOf is the part of a vCPU that an actor is.
func (r *Run) UnitOf(actor int) (u emu.Unit, cpu int, ok bool) {
	units, n := r.Machine.Units(), len(r.Machine.CPUs)
	i := actor - r.firstUnit()
	if i < 0 || i >= n*len(units) {
		return 0, 0, false
	}
	return units[i/n], i % n, true
}

// dueUnits lists the actors that are parts of vCPUs and have something to do.
func (r *Run) dueUnits() []int {
	var list []int
	for i, u := range r.Machine.Units() {
		for cpu := range r.Machine.CPUs {
			if _, ok := r.Machine.UnitDue(u, cpu); ok {
				list = append(list, r.firstUnit()+i*len(r.Machine.CPUs)+cpu)
			}
		}
	}
	return list
}

// dueFlush is the store buffer that is flushed where nobody chooses: stores
// reach memory as soon as they are made. Nothing is fetched anew there.
func (r *Run) dueFlush() (int, bool) {
	if !r.Machine.Buffers() {
		return 0, false
	}
	for _, actor := range r.dueUnits() {
		u, _, _ := r.UnitOf(actor)
		return actor, u == emu.StoreBuffer
	}
	return 0, false
}

// unitName is what a part of a vCPU is called.
func unitName(u emu.Unit, cpu int) string {
	switch u {
	case emu.RefetchFirst:
		return fmt.Sprintf("cpu%d's fetch (first changed byte)", cpu)
	case emu.RefetchLast:
		return fmt.Sprintf("cpu%d's fetch (last changed byte)", cpu)
	}
	return fmt.Sprintf("cpu%d's stores", cpu)
}

// Words are what schedules call actors: "" for those that go by their numbers.
func (r *Run) Words() []string { return r.wordsFrom(r.firstUnit()) }

// wordsFrom has the parts of vCPUs from an actor on.
func (r *Run) wordsFrom(first int) []string {
	words := make([]string, first)
	for _, u := range r.Machine.Units() {
		for cpu := range r.Machine.CPUs {
			words = append(words, fmt.Sprintf("%s%d", unitWords[u], cpu))
		}
	}
	return words
}

// unitWords are what schedules call the parts of vCPUs, before the vCPU's number.
var unitWords = map[emu.Unit]string{emu.StoreBuffer: "flush", emu.RefetchFirst: "refetch", emu.RefetchLast: "refetchlast"}

// modelOf is the memory model of a scenario.
func modelOf(f *File) explore.MemoryModel {
	return explore.MemoryModel{Stores: f.Machine.StoreBuffer, Split: f.Machine.SplitRMW}
}
