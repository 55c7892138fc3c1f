package main

import (
	"encoding/binary"
	"fmt"
	"slices"

	"trapline/internal/linux/mm"
	"trapline/internal/uprobes"
	"trapline/internal/uprobes/places"
)

// boundHooks are those of the uprobes, and look at what processes were bound to when they end.
type boundHooks struct {
	*uprobes.System
	trace *traceEvents
}

// Exited implements linux.Hooks.
func (h boundHooks) Exited(m *mm.MM) {
	for _, i := range h.trace.indirect {
		h.trace.tellBound(m, i)
	}
	h.System.Exited(m)
}

// tellBound says which implementation of an indirect function a process used: what the dynamic linker has written into the
// words of the host's files that are mapped.
func (t *traceEvents) tellBound(m *mm.MM, i *places.Indirect) {
	for at, v := range m.VMAs() {
		if v.Inode == nil || v.Inode.Backing == nil || slices.ContainsFunc(m.VMAs()[:at], func(o *mm.VMA) bool { return o.Inode == v.Inode }) {
			continue
		}
		file, err := t.files.File(v.Inode.Path)
		if err != nil {
			continue
		}
		addr, ok := file.Image.AddrOfOffset(v.Off)
		for _, slot := range file.BoundTo(i, t.files.same(v.Inode.Path, i.Path)) {
			word := make([]byte, 8)
			if n := m.ABI().Word(); !ok || m.ReadForced(slot-addr+v.Start, word[:n]) != n {
				continue
			}
			if said := t.boundTo(m, i, binary.LittleEndian.Uint64(word)); said != "" {
				if said = i.Name + " is bound to " + said; !slices.Contains(t.bound, said) {
					t.bound = append(t.bound, said)
				}
				return
			}
		}
	}
}

// boundTo says what an address is among the implementations of an indirect function; "" if it is none.
func (t *traceEvents) boundTo(m *mm.MM, i *places.Indirect, value uint64) string {
	switch v := m.Find(value); {
	case v == nil:
	case v.Name == mm.VDSOName:
		return "a function of the vDSO, where no uprobe can be"
	case v.Inode != nil && t.files.same(v.Inode.Path, i.Path):
		if s, ok := i.Implementation(v.Offset(value)); ok {
			return fmt.Sprintf("its implementation %s: a probe on it is at %s:%#x", s.Name, i.Path, v.Offset(value))
		}
	}
	return ""
}
