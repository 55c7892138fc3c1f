package scenarios

import "trapline/emu/explore"

// firstBuffer is the number of the first actor that is a store buffer.
func (r *Run) firstBuffer() int {
	n := len(r.Machine.CPUs)
	if r.scheduled {
		n += len(r.free())
	}
	return n
}

// bufferOf is the vCPU whose store buffer an actor is.
func (r *Run) bufferOf(actor int) (cpu int, ok bool) {
	cpu = actor - r.firstBuffer()
	return cpu, cpu >= 0 && r.Machine.Buffers()
}

// unflushed lists the store buffers that hold something.
func (r *Run) unflushed() []int {
	if !r.Machine.Buffers() {
		return nil
	}
	var list []int
	for cpu, c := range r.Machine.CPUs {
		if len(c.Buffered()) > 0 {
			list = append(list, r.firstBuffer()+cpu)
		}
	}
	return list
}

// dueFlush is the store buffer that is flushed where nobody chooses: stores
// reach memory as soon as they are made.
func (r *Run) dueFlush() (int, bool) {
	list := r.unflushed()
	if len(list) == 0 {
		return 0, false
	}
	return list[0], true
}

// modelOf is the memory model of a scenario.
func modelOf(f *File) explore.MemoryModel {
	return explore.MemoryModel{Stores: f.Machine.StoreBuffer, Split: f.Machine.SplitRMW}
}
