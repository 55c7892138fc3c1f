package props_test

import (
	"context"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/emu"
	"trapline/internal/explore"
	"trapline/internal/kprobes"
	"trapline/internal/x86"
)

// none judges nothing, so that every schedule runs to its end.
func none(*kprobes.Manager) []explore.Property { return nil }

// TestReductionKeepsOutcomesOfMachines compares all final states (registers,
// memory, counts) of probed machines: with reduction, and trying every vCPU
// at every step.
func TestReductionKeepsOutcomesOfMachines(t *testing.T) {
	shared := []byte{0xff, 0x05, 0, 8, 0x7a, 0xda, 0xa1, 0, 8, 0x7a, 0xda, 0xc3} // incl data; mov data,%eax; ret
	all := map[string]*scene{
		"a probe that both hit":           missed(2, true),
		"a probe that both hit, text":     missed(2, false),
		"unregistered meanwhile":          scenes(true)["unregister-race"],
		"a probe on shared data":          {engine: "2002", direct: true, cpus: 2, code: shared, start: []uint64{0, 0}, probes: []uint64{6}},
		"one probes, one does not":        {engine: "2002", direct: true, cpus: 2, code: shared, start: []uint64{0, 6}, probes: []uint64{0}},
		"no probe":                        {engine: "none", cpus: 3, code: shared, start: []uint64{0, 0, 0}},
		"two probes":                      {engine: "2002", direct: true, cpus: 2, code: shared, start: []uint64{0, 0}, probes: []uint64{0, 6}},
		"a page on demand, then unmapped": changing(programs(program(incEAX), program(at(load, demandPage))), true, func(s *emu.Space) { s.Unmap(demandPage, 1) }),
	}
	for _, engine := range []string{"2005", "modern", "modern" + "+boost"} {
		hit, unregistered := missed(2, true), scenes(true)["unregister-race"]
		hit.engine, unregistered.engine = engine, engine
		all[engine+": a probe that both hit"], all[engine+": unregistered meanwhile"] = hit, unregistered
	}
	for name, s := range waiting() {
		all["waits for "+name] = s
	}
	for name, s := range all {
		t.Run(name, func(t *testing.T) {
			o := explore.Options{KeepOutcomes: true}
			less, err := explore.Search(context.Background(), s.factory(t, none), o)
			require.NoError(t, err)
			o.NoReduction = true
			all, err := explore.Search(context.Background(), s.factory(t, none), o)
			require.NoError(t, err)
			require.True(t, less.Exhausted && all.Exhausted)
			t.Logf("reduced: %v in %d rounds; all: %v; %d outcomes", less.Summary, less.Rounds, all.Summary, len(all.Outcomes))
			require.Equal(t, all.Outcomes, less.Outcomes)
		})
	}
}

// waiting are machines whose vCPU 1 takes a probe out, waits for the other as
// engine modern does, and stores what the other reads twice.
func waiting() map[string]*scene {
	twice := [][]byte{at(load, dataAt), at([]byte{0x8b, 0x1d}, dataAt)} // to eax, to ebx
	off := slices.Concat([]byte{0xfa}, twice[0], twice[1], []byte{0xfb, 0x90})
	between := program([]byte{0xfa}, storeByte(dataAt+16, 1), []byte{0xfb, 0x90}, off)
	all := map[string]*scene{
		"interrupts off":         programs(program(off), nil),
		"interrupts on, between": programs(between, nil),
		// The breakpoint stays for another probe, so no interrupt is sent.
		"interrupts on, between, at a shared address": programs(between, nil),
		"nothing":                      programs(program(twice...), nil),
		"a hit":                        programs(program(incEAX), nil),
		"two":                          programs(program(off), nil, program(off)),
		"two, each a quiescent moment": programs(program(off), nil, program(off)),
	}
	alone := map[string]string{"two": "text_poke_sync", "two, each a quiescent moment": "synchronize_rcu"} // what each waits in
	for name, s := range all {
		s.engine = "modern"
		s.start[1] = uint64(len(s.code))
		// mov data+16,%edi; push %esi; call *%ebx; pop %ecx; mov $7,data; ret
		s.code = append(s.code, program(at([]byte{0x8b, 0x3d}, dataAt+16), []byte{0x56, 0xff, 0xd3, 0x59}, storeImm(dataAt, 7))...)
		s.code = append(s.code, incEAX...)
		spare := uint64(len(s.code) - 1)
		handler := s.code
		s.code = append(s.code, program(append(twice, []byte{0x31, 0xc0})...)...)
		s.setup = func(t testing.TB, g *kprobes.Manager, code uint64) {
			p := kprobes.Probe{Name: "p", Addr: code + spare, Pre: count}
			if name == "a hit" {
				p.Addr, p.Pre = code, kprobes.Handler{Guest: code + uint64(len(handler))}
			}
			register(t, g, p)
			if name == "interrupts on, between, at a shared address" {
				register(t, g, p)
			}
			c := g.K.M.CPUs[1]
			function := "unregister_kprobe"
			if f := alone[name]; f != "" {
				function = f
			}
			c.GPR[x86.RBX], c.GPR[x86.RSI] = g.K.Symbol(function), g.Address(0)
		}
	}
	return all
}
