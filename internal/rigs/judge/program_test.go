package judge

import (
	"context"
	_ "embed"
	"fmt"
	"regexp"
	"slices"
	"strconv"

	"trapline/internal/asm"
	"trapline/internal/emu"
	"trapline/internal/kprobes"
	"trapline/internal/loader"
	"trapline/internal/traps"
	"trapline/internal/x86"
)

//go:embed shim/program.S
var programShim string

// Where a program and its memory lie; shim/program.S has the same addresses.
const (
	programAt = 0xc0400000
	dataAt    = 0xc0410000
	userAt    = 0x08048000
	userTop   = 0x08060000
	pointers  = dataAt + 0x40 // words PROBE0, PROBE1, ...
	multis    = dataAt + 0x80 // words MULTI0, MULTI1, ...
)

// program is guest code with probes on some of its labels: a probe at pN is
// registered before the run, one at sN only defined; mN and nN are the same for
// multiprobes. Its handlers are at preN,
// postN and faultN. vCPU 0 starts at main, or in ring 3 at user; vCPU 1 at
// main1 or user1.
type program struct {
	image  *loader.Image
	labels map[string]uint64
	probes []probe
	noPre  bool // a probe without a pre-handler has none: else it is one that does nothing
}

type probe struct {
	at, pre, post, fault uint64
	registered, multi    bool
}

var probeLabel = regexp.MustCompile(`^([psmn])(\d)$`)

func assemble(name, text string, noPre bool) (*program, error) {
	img, err := asm.Assemble(context.Background(), asm.Source{
		Name: name, Text: programShim + text, Arch: x86.I386, Base: programAt, DataBase: userAt,
	})
	if err != nil {
		return nil, err
	}
	p := &program{image: img, labels: map[string]uint64{}, noPre: noPre}
	for s := range img.Symbols.All() {
		p.labels[s.Name] = s.Addr
	}
	found := map[int]probe{}
	for label, at := range p.labels {
		m := probeLabel.FindStringSubmatch(label)
		if m == nil {
			continue
		}
		i, _ := strconv.Atoi(m[2])
		q := probe{at, p.labels["pre"+m[2]], p.labels["post"+m[2]], p.labels["fault"+m[2]], m[1] == "p" || m[1] == "m", m[1] == "m" || m[1] == "n"}
		if q.pre == 0 && !noPre {
			q.pre = p.labels["nothing"]
		}
		found[i] = q
	}
	for i := range len(found) {
		q, ok := found[i]
		if !ok {
			return nil, fmt.Errorf("%s: probe %d of %d has no label", name, i, len(found))
		}
		p.probes = append(p.probes, q)
	}
	return p, nil
}

// load puts the program, its probes and its memory onto a machine, and starts it.
func (p *program) load(s *side, task traps.Task, on string) error {
	space := s.m.CPUs[0].Space
	for i := range p.image.Segments {
		seg := &p.image.Segments[i]
		prot := emu.Write | emu.Exec
		if seg.Addr < programAt {
			prot |= emu.User
		}
		if err := s.k.MapZero(space, seg.Addr, max(seg.MemSize, 1), prot); err != nil {
			return err
		}
		if err := s.m.WriteBytes(space, seg.Addr, seg.Data); err != nil {
			return err
		}
	}
	for _, r := range []struct {
		at, size uint64
		prot     emu.Prot
	}{{dataAt, emu.PageSize, emu.Write}, {userTop - 2*emu.PageSize, 2 * emu.PageSize, emu.Write | emu.User}} {
		if err := s.k.MapZero(space, r.at, r.size, r.prot); err != nil {
			return err
		}
	}
	for _, at := range []string{"LAZY", "LAZY2", "USER_LAZY"} {
		prot := emu.Write
		if at == "USER_LAZY" {
			prot |= emu.User
		}
		if _, err := s.k.MapLazy(lazyPages[at], prot); err != nil {
			return err
		}
	}
	s.poke(dataAt, uint32(s.k.Symbol("register_kprobe")))
	s.poke(dataAt+4, uint32(s.k.Symbol("unregister_kprobe")))
	if s.multi.at != 0 {
		s.poke(dataAt+8, uint32(s.k.Symbol("register_multiprobe")))
		s.poke(dataAt+12, uint32(s.k.Symbol("unregister_multiprobe")))
	}
	if on != "" {
		p.probes[0].at = s.k.Symbol(on)
	}
	if err := p.register(s); err != nil {
		return err
	}
	return p.start(s, task)
}

var lazyPages = map[string]uint64{"LAZY": 0xc0420000, "LAZY2": 0xc0421000, "USER_LAZY": 0x08070000}

// register makes the struct kprobes and multiprobes and lets the guest register
// those that are to be there from the start.
func (p *program) register(s *side) error {
	for i, q := range p.probes {
		if err := s.define(i, q); err != nil {
			return err
		}
	}
	for i, q := range p.probes {
		function, at := "register_kprobe", s.probe(i)
		if q.multi {
			function, at = "register_multiprobe", s.multi.place(s, i)
		}
		if !q.registered {
			continue
		}
		if r, err := s.call(function, uint32(at)); r != 0 || err != nil {
			return fmt.Errorf("%s(%d): %d, %w", function, i, int32(r), err)
		}
	}
	return nil
}

// define makes probe i's structures.
func (s *side) define(i int, q probe) error {
	s.poke(pointers+4*uint64(i), uint32(s.probe(i)))
	at := s.probe(i)
	if s.g != nil {
		handler := func(at uint64) kprobes.Handler { return kprobes.Handler{Guest: at} }
		if _, err := s.g.Define(kprobes.Probe{
			Name: fmt.Sprint("p", i), Addr: q.at, Pre: handler(q.pre), Post: handler(q.post), Fault: handler(q.fault),
		}); err != nil {
			return err
		}
	}
	if q.multi {
		at = s.multi.place(s, i)
		s.poke(multis+4*uint64(i), uint32(at))
		at += s.multi.kprobe
	}
	for off, v := range map[uint64]uint64{kprobeAddr: q.at, kprobePre: q.pre, kprobePost: q.post, kprobeFault: q.fault} {
		s.poke(at+off, uint32(v))
	}
	if i == 0 && s.multi.kprobe != 0 { // copies of active probes follow those of all probes
		slots := s.peek(s.probe(0) + kprobeCopy)
		for n := range maxProbes {
			s.poke(s.taken.place(s, n)+s.taken.kprobe+kprobeCopy, slots+uint32(kprobes.MaxProbes+n)*copySize)
		}
	}
	return nil
}

// copySize is how many bytes a copied instruction has room for.
const copySize = 16

// start puts each vCPU on its code.
func (p *program) start(s *side, task traps.Task) error {
	for i := range s.m.CPUs {
		suffix := ""
		if i > 0 {
			suffix = strconv.Itoa(i)
		}
		ring, sp := 0, uint64(0)
		at, ok := p.labels["main"+suffix]
		if u, user := p.labels["user"+suffix]; user {
			ring, sp, at, ok = 3, userTop-uint64(i)*emu.PageSize-0x200, u, true
		}
		if !ok {
			return fmt.Errorf("vCPU %d has no code", i)
		}
		if err := s.k.Start(i, task, ring, at, sp); err != nil {
			return err
		}
	}
	return nil
}

// place names an address of the program.
func (p *program) place(at uint64) string {
	best, name := uint64(0), ""
	for l, a := range p.labels {
		if a <= at && (a > best || a == best && l < name) && a-a%0x10000 == at-at%0x10000 {
			best, name = a, l
		}
	}
	if name == "" {
		return fmt.Sprintf("%#x", at)
	}
	return fmt.Sprintf("%s+%d", name, at-best)
}

// isHandler tells the first addresses of handlers.
func (p *program) isHandler(at uint64) bool {
	return slices.ContainsFunc(p.probes, func(q probe) bool { return at == q.pre || at == q.post || at == q.fault })
}
