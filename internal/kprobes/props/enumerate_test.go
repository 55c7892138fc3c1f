package props_test

import (
	"context"
	"encoding/binary"
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/emu"
	"trapline/internal/explore"
	"trapline/internal/kprobes"
	"trapline/internal/rigs/enumerate"
)

// maxEnumerated bounds the interleavings of one scene, all of which are run.
const maxEnumerated = 200_000

// With an operand's address, these make one instruction.
var (
	incl     = []byte{0xff, 0x05}       // incl m32
	lockInc  = []byte{0xf0, 0xff, 0x05} // lock incl m32
	load     = []byte{0xa1}             // mov m32,%eax
	loadByte = []byte{0xa0}             // mov m8,%al
	store    = []byte{0xa3}             // mov %eax,m32
	xchg     = []byte{0x87, 0x05}       // xchg %eax,m32
)

// The same without an operand in memory.
var (
	incEAX = []byte{0x40}
	ret    = []byte{0xc3}
)

// at makes an instruction with an absolute address.
func at(op []byte, addr uint32) []byte {
	return binary.LittleEndian.AppendUint32(slices.Clone(op), addr)
}

// storeByte is movb $v,m8.
func storeByte(addr uint32, v byte) []byte { return append(at([]byte{0xc6, 0x05}, addr), v) }

// storeImm is movl $v,m32.
func storeImm(addr, v uint32) []byte {
	return binary.LittleEndian.AppendUint32(at([]byte{0xc7, 0x05}, addr), v)
}

// program is one vCPU's instructions, the return among them.
func program(insns ...[]byte) []byte { return append(slices.Concat(insns...), ret...) }

// scene of programs, vCPU by vCPU.
func programs(list ...[]byte) *scene {
	s := &scene{engine: "none", cpus: len(list), direct: true}
	for _, p := range list {
		s.start = append(s.start, uint64(len(s.code)))
		s.code = append(s.code, p...)
	}
	return s
}

// unprobed are programs that share memory, code or stacks.
func unprobed() map[string]*scene {
	update := program(at(load, dataAt), incEAX, at(store, dataAt))
	return map[string]*scene{
		"nothing shared":     programs(program(at(incl, dataAt)), program(at(incl, dataAt+8)), program(at(incl, dataAt+16))),
		"lost update":        programs(update, update),
		"locked increments":  programs(program(at(lockInc, dataAt)), program(at(lockInc, dataAt), at(load, dataAt)), program(at(load, dataAt))),
		"exchanges":          programs(program(incEAX, at(xchg, dataAt)), program(at(xchg, dataAt)), program(at(xchg, dataAt))),
		"store buffering":    programs(program(storeImm(dataAt, 1), at(load, dataAt+4)), program(storeImm(dataAt+4, 1), at(load, dataAt))),
		"message passing":    programs(program(storeImm(dataAt, 7), storeByte(dataAt+8, 1)), program(at(loadByte, dataAt+8), at([]byte{0x8b, 0x1d}, dataAt))),
		"bytes side by side": programs(program(storeByte(dataAt, 1)), program(storeByte(dataAt+1, 2)), program(at(load, dataAt))),
		"across two groups":  programs(program(storeImm(dataAt+6, 0x01020304)), program(storeImm(dataAt+8, 0x05060708), at(load, dataAt+6))),
		"neighbour's code":   programs(program(incEAX, incEAX), program(storeByte(codeAt+1, 0x48))),
		"neighbour's loop":   programs(program([]byte{0xb9, 2, 0, 0, 0, 0x40, 0x49, 0x75, 0xfc}), program(storeByte(codeAt+5, 0x48))), // 2 * inc %eax
		"neighbour's return": programs(program(incEAX), program(incEAX, storeImm(stackTop0, codeAt))),
		"string in pieces":   programs(program([]byte{0xb9, 2, 0, 0, 0}, at([]byte{0xbf}, dataAt), []byte{0xf3, 0xab}), program(at(load, dataAt), at([]byte{0x8b, 0x1d}, dataAt+4))),
	}
}

// stackTop0 is where vCPU 0's return address lies.
const stackTop0 = 0xc0300000 + 4*4096 - 8

// probed are programs of which vCPU 0's first instruction is probed; the
// others take few steps, and none of them hits.
func probed(engine string) map[string]*scene {
	inc, mov := program(at(incl, dataAt)), program(at([]byte{0xb8}, 0x01020304))
	scenes := map[string]*scene{
		"reads its operand":         programs(inc, program(at(load, dataAt))),
		"changes its operand":       programs(inc, program(at(incl, dataAt))),
		"changes its immediate":     programs(mov, program(storeByte(codeAt+3, 9))),
		"reads the probed byte":     programs(mov, program(at(loadByte, codeAt))),
		"writes the probed byte":    programs(mov, program(storeByte(codeAt, 0xbb))),
		"changes the next":          programs(program(at(incl, dataAt), incEAX), program(storeByte(codeAt+6, 0x48))),
		"reads the preempt count":   programs(inc, program(at(load, threadInfo0+16))),
		"runs the rest of it":       programs(program(at([]byte{0xb8}, 0x40404040)), program()),
		"has nothing to do with it": programs(inc, program(at(incl, dataAt+64))),
	}
	scenes["runs the rest of it"].start[1] = 3 // inc %eax twice, inside the probed mov
	for _, s := range scenes {
		s.engine, s.probes = engine, []uint64{0}
	}
	return scenes
}

// threadInfo0 is vCPU 0's thread_info.
const threadInfo0 = 0xc0300000 + 4*4096 - 8192

// demandPage is a page that scenes map, unmap or protect.
const demandPage = 0xc03f0000

// remapped are programs on a page that vCPU 0's handler takes away or makes
// read-only, or that comes in on demand.
func remapped() map[string]*scene {
	twice := program(at(load, demandPage), at(incl, demandPage))
	return map[string]*scene{
		"unmapped":  changing(programs(program(incEAX), twice), false, func(s *emu.Space) { s.Unmap(demandPage, 1) }),
		"read-only": changing(programs(program(incEAX), twice), false, func(s *emu.Space) { s.Protect(demandPage, 1, 0) }),
		"on demand": changing(programs(program(at(load, demandPage)), program(at(incl, demandPage))), true, nil),
	}
}

// changing puts demandPage on a scene, there from the start or on demand, and a
// handler at the first instruction that changes it. The instruction is not
// stepped: the handler says so, and being one byte long it is skipped.
func changing(s *scene, lazy bool, change func(*emu.Space)) *scene {
	s.engine = "modern"
	s.setup = func(t testing.TB, g *kprobes.Manager, code uint64) {
		var err error
		if lazy {
			_, err = g.K.MapLazy(demandPage, emu.Write)
		} else {
			err = g.K.MapZero(g.K.M.CPUs[0].Space, demandPage, emu.PageSize, emu.Write)
		}
		require.NoError(t, err)
		if change != nil {
			register(t, g, kprobes.Probe{Name: "p", Addr: code, Pre: kprobes.Handler{Action: func(c *kprobes.Call) uint64 {
				change(c.CPU.Space)
				return 1
			}}})
		}
	}
	return s
}

// fetchedAhead are programs whose vCPUs run bytes that they fetched before a
// neighbour changed them: instructions that fault, deliver, hit, serialise, and
// a window that ends where a page may come in.
func fetchedAhead() map[string]*scene {
	change := func(off uint32) []byte { return program(storeByte(codeAt+off, 0x48)) } // dec %eax
	all := map[string]*scene{
		"behind a fault":         changing(programs(program(incEAX, at(load, demandPage), incEAX), change(6)), true, nil),
		"in a faulting operand":  changing(programs(program(incEAX, at(load, demandPage)), program(storeByte(codeAt+2, 4))), true, nil),
		"behind CPUID":           programs(program(incEAX, []byte{0x0f, 0xa2}, incEAX), change(3)),
		"behind a jump":          programs(program(incEAX, []byte{0xeb, 0}, incEAX), change(3)),
		"behind a store to code": programs(program(incEAX, storeByte(codeAt+9, 0x90), incEAX), change(8)),
		"an undefined opcode":    programs(program(incEAX, []byte{0x0f, 0x0b}), change(2)),
		"up to an absent page":   changing(programs(program(incEAX), program(at(incl, demandPage))), true, nil),
	}
	edge := all["up to an absent page"]
	lazy := edge.setup
	edge.setup = func(t testing.TB, g *kprobes.Manager, code uint64) {
		lazy(t, g, code)
		s := g.K.M.CPUs[0].Space
		require.NoError(t, g.K.MapZero(s, demandPage-emu.PageSize, emu.PageSize, emu.Write|emu.Exec))
		require.NoError(t, g.K.M.WriteBytes(s, demandPage-3, []byte{0x40, 0x40, 0xc3}))
		g.K.M.CPUs[0].RIP = demandPage - 3
	}
	for _, name := range []string{"neighbour's code", "neighbour's loop"} {
		all[name] = unprobed()[name]
	}
	for _, name := range []string{"changes its immediate", "writes the probed byte", "changes the next", "runs the rest of it"} {
		all["another "+name] = probed("2002")[name]
	}
	for _, s := range all {
		s.ahead = 16
	}
	return all
}

// enumerated are all scenes that are small enough to run every interleaving.
func enumerated() map[string]*scene {
	all := unprobed()
	for name, s := range fetchedAhead() {
		all[name+", fetched ahead"] = s
	}
	for name, s := range remapped() {
		all["a page "+name] = s
	}
	for _, engine := range []string{"none", "2002", "2005", "modern"} {
		for name, s := range probed(engine) {
			all[engine+": another "+name] = s
		}
	}
	return all
}

func interleavings(t *testing.T, s *scene) *enumerate.Result {
	t.Helper()
	sys, err := s.factory(t, none)()
	require.NoError(t, err)
	defer sys.Close()
	e := enumerate.Run(context.Background(), sys, maxEnumerated)
	require.True(t, e.Complete, "%d executions", e.Executions)
	return e
}

func outcomes(e *enumerate.Result) []uint64 { return slices.Sorted(maps.Keys(e.Outcomes)) }

// TestS3MachinesEndAsInPlainEnumeration: with reduction and hashing a search
// reaches exactly the final states that running every interleaving does.
func TestS3MachinesEndAsInPlainEnumeration(t *testing.T) {
	for name, s := range enumerated() {
		t.Run(name, func(t *testing.T) {
			e := interleavings(t, s)
			o := explore.Options{KeepOutcomes: true}
			r, err := explore.Search(context.Background(), s.factory(t, none), o)
			require.NoError(t, err)
			require.True(t, r.Exhausted)
			require.Equal(t, outcomes(e), r.Outcomes)
			t.Logf("%d interleavings, %d outcomes; search: %v", e.Executions, len(e.Outcomes), r.Verdict())
		})
	}
}

// blind is a machine that does not tell the search some of its accesses.
type blind struct {
	*explore.Machine
	misses func(*emu.Event, explore.Access) bool
}

func (b *blind) Step(actor int) *explore.Step {
	s := b.Machine.Step(actor)
	ev := b.M.Event()
	s.Touched = slices.DeleteFunc(s.Touched, func(a explore.Access) bool { return b.misses(ev, a) })
	return s
}

// TestS3AMissingDependenceIsNoticed: a search that is not told of some kind of
// access has other final states than plain enumeration on some scene above.
func TestS3AMissingDependenceIsNoticed(t *testing.T) {
	ends := map[*scene][]uint64{}
	for _, list := range []map[string]*scene{unprobed(), remapped(), fetchedAhead(), probed("2002")} {
		for _, s := range list {
			ends[s] = outcomes(interleavings(t, s))
		}
	}
	o := explore.Options{KeepOutcomes: true}
	for name, misses := range map[string]func(*emu.Event, explore.Access) bool{
		"everything":            func(*emu.Event, explore.Access) bool { return true },
		"reads":                 func(_ *emu.Event, a explore.Access) bool { return !a.Write },
		"writes":                func(_ *emu.Event, a explore.Access) bool { return a.Write },
		"what is fetched ahead": func(ev *emu.Event, a explore.Access) bool { return !a.Write && ev.Fetched > 0 },
		"code bytes": func(ev *emu.Event, a explore.Access) bool {
			return !a.Write && ev.Kind == emu.StepInstruction && len(ev.Reads) == 0
		},
		"page tables":              func(ev *emu.Event, a explore.Access) bool { return ev.Micro != nil && a.Mask == 0xff },
		"what kernel work touches": func(ev *emu.Event, _ explore.Access) bool { return ev.Micro != nil },
	} {
		t.Run(name, func(t *testing.T) {
			noticed := 0
			for s, want := range ends {
				factory := func() (explore.System, error) {
					sys, err := s.factory(t, none)()
					return &blind{sys.(*explore.Machine), misses}, err
				}
				r, err := explore.Search(context.Background(), factory, o)
				require.NoError(t, err)
				if !slices.Equal(want, r.Outcomes) {
					noticed++
				}
			}
			require.Positive(t, noticed)
		})
	}
}
