package judge

import (
	"encoding/binary"
	"fmt"

	"trapline/internal/emu"
	"trapline/internal/kprobes"
	"trapline/internal/linux/abi"
	"trapline/internal/loader"
	"trapline/internal/traps"
	"trapline/internal/x86"
)

// side is a machine under one of the texts that are compared.
type side struct {
	m *emu.Machine
	k *traps.Kernel
	g *kprobes.Manager // nil: the text of seed 000

	words []string // variables of the engine that tell how it stands
	size  uint64   // of a struct kprobe's place
	multi structs  // multiprobes
	taken structs  // active probes
}

// structs are places of as many bytes as a struct kprobe's, each of which holds
// one at an offset.
type structs struct{ at, kprobe uint64 }

// The variables of the engines.
var (
	words2002 = []string{"kprobe_lock", "kprobe_cpu", "kprobe_status", "current_kprobe", "kprobe_old_eflags", "kprobe_saved_eflags"}
	words2005 = append(words2002[:6:6], "multiprobe_lock")
)

// side2005 is a machine of engine 2005, where struct multiprobes and active
// probes lie at symbols. The engine's own struct multiprobe is the struct kprobe.
func side2005(g *kprobes.Manager, multi string, kprobe uint64, active string) *side {
	return &side{m: g.K.M, k: g.K, g: g, words: words2005, size: 64,
		multi: structs{g.K.Symbol(multi), kprobe}, taken: structs{g.K.Symbol(active), 4}}
}

// text makes kernels of one text.
type text struct {
	name   string
	direct bool // micro-steps in place of kernel text
	boot   func(m *emu.Machine) (*side, error)
}

// ourText is the engine's text, or its micro-steps.
func ourText(engine string, direct bool) text {
	name := engine
	if direct {
		name += ", micro-steps"
	}
	return text{name, direct, func(m *emu.Machine) (*side, error) {
		g, err := kprobes.Boot(m, engine)
		if err != nil {
			return nil, err
		}
		if err = g.K.SetDirect(direct); err != nil {
			return nil, err
		}
		if engine == "2005" {
			return side2005(g, "kprobe_pool", 0, "active_pool"), nil
		}
		return &side{m: m, k: g.K, g: g, words: words2002, size: 32}, nil
	}}
}

// seedText is a kernel of the seed's text.
func seedText(name string, img *loader.Image) text {
	return text{name, false, func(m *emu.Machine) (*side, error) {
		k, err := traps.Boot(m, traps.Options{Image: img, Engine: locks{}, Traits: traps.Traits{traps.ProbeGates, traps.UserDebugGate}})
		if err != nil {
			return nil, err
		}
		s := &side{m: m, k: k, words: words2002, size: 32}
		_, err = s.call("init_kprobes")
		return s, err
	}}
}

// multiText is engine 2005's kernel with the seed's multiprobe.
func multiText(name string, o traps.Options) text {
	return text{name, false, func(m *emu.Machine) (*side, error) {
		g, err := kprobes.BootText(m, "2005", o)
		if err != nil {
			return nil, err
		}
		return side2005(g, "judge_multi", 8, "judge_active"), nil
	}}
}

// locks are the micro-steps that the shim has beside the stock kernel's.
type locks struct{}

func (locks) Name() string { return "seed" }

func (locks) Ops() map[string]traps.Op {
	return map[string]traps.Op{
		"spin_lock":        spinLock,
		"preempt_schedule": preemptSchedule,
		"force_sig":        forceSig,
	}
}

// forceSig sends the signal of the vector in ebx.
func forceSig(x *traps.Exec) traps.Result {
	sig := uint64(abi.SIGSEGV)
	switch x86.Vector(x.C.Reg(x86.RBX)) {
	case x86.VecDE, x86.VecMF, x86.VecXM:
		sig = abi.SIGFPE
	case x86.VecDB, x86.VecBP:
		sig = abi.SIGTRAP
	case x86.VecUD:
		sig = abi.SIGILL
	case x86.VecNP, x86.VecSS, x86.VecAC:
		sig = abi.SIGBUS
	}
	const pending = 24 // of thread_info
	at := x.K.Layout.ThreadInfo(x.C.ID) + pending
	v, _ := x.M.PeekWord(x.C.Space, at, 4)
	x.M.PokeWord(x.C.Space, at, 4, v|1<<sig)
	x.M.Note(emu.Note{Kind: traps.NoteSignal, ID: "K14", Text: abi.SignalName(int(sig)), Addr: x.Regs.Get(traps.FieldIP)})
	return traps.Next
}

// spinLock takes the lock at ebx.
func spinLock(x *traps.Exec) traps.Result {
	at := x.C.Reg(x86.RBX)
	if owner, _ := x.M.PeekWord(x.C.Space, at, 4); owner != 0 {
		x.Micro.Holds = x.K.Name(at)
		return traps.Spin
	}
	x.M.PokeWord(x.C.Space, at, 4, uint64(x.C.ID+1))
	return traps.Next
}

// preemptSchedule is a visit to the scheduler.
func preemptSchedule(x *traps.Exec) traps.Result {
	x.K.SetNeedResched(x.C, false)
	return traps.Next
}

// maxCall bounds the steps of a call.
const maxCall = 5000

// call runs a kernel function on vCPU 0 to its end, before anything else runs,
// and returns eax.
func (s *side) call(function string, args ...uint32) (uint32, error) {
	c := s.m.CPUs[0]
	if err := s.k.Start(0, traps.Task{}, 0, s.k.Symbol(function), 0); err != nil {
		return 0, err
	}
	for i, a := range args {
		s.poke(c.GPR[x86.RSP]+4+4*uint64(i), a)
	}
	for range maxCall {
		if s.m.Step(0); c.Shutdown != "" {
			break
		}
	}
	if c.Shutdown != traps.TaskDone {
		return 0, fmt.Errorf("%s ends in %q", function, c.Shutdown)
	}
	result := uint32(c.GPR[x86.RAX])
	s.rest(c)
	return result, nil
}

// rest makes a vCPU as it was before it ran anything.
func (s *side) rest(c *emu.CPU) {
	c.Shutdown, c.Halted = "", true
	clear(c.GPR[:])
	c.RFLAGS = 2
	top := s.k.Layout.StackTop(c.ID)
	zero := make([]byte, 1024)
	if err := s.m.WriteBytes(c.Space, top-uint64(len(zero)), zero); err != nil {
		panic(err)
	}
}

func (s *side) poke(at uint64, v uint32) {
	if !s.m.PokeWord(s.m.CPUs[0].Space, at, 4, uint64(v)) {
		panic(fmt.Sprintf("nothing at %#x", at))
	}
}

func (s *side) peek(at uint64) uint32 {
	var b [4]byte
	s.m.CPUs[0].Space.Peek(at, b[:])
	return binary.LittleEndian.Uint32(b[:])
}

func (s *side) peekByte(at uint64) byte {
	var b [1]byte
	s.m.CPUs[0].Space.Peek(at, b[:])
	return b[0]
}

// word is a kernel variable.
func (s *side) word(name string) uint32 { return s.peek(s.k.Symbol(name)) }

// probe is the address of struct kprobe number i.
func (s *side) probe(i int) uint64 { return s.k.Symbol("kprobe_pool") + uint64(i)*s.size }

// place is the address of number i.
func (l structs) place(s *side, i int) uint64 { return l.at + uint64(i)*s.size }

// find is the number of the place that v lies in.
func (l structs) find(s *side, v uint64) (int, bool) {
	i := (v - l.at) / s.size
	return int(i), l.at != 0 && v >= l.at && i < maxProbes
}

// probeAt is the number of the probe or multiprobe whose struct kprobe is at v.
func (s *side) probeAt(v uint64) (int, bool) {
	plain := structs{s.k.Symbol("kprobe_pool"), 0}
	for _, l := range []structs{plain, s.multi} {
		if i, ok := l.find(s, v); ok && v == l.place(s, i)+l.kprobe {
			return i, true
		}
	}
	return 0, false
}

// maxProbes is how many places of each kind there are.
const maxProbes = 16

// struct kprobe, of which engine 2005's has more behind.
const (
	kprobeAddr   = 8
	kprobePre    = 12
	kprobePost   = 16
	kprobeFault  = 20
	kprobeOpcode = 24
	kprobeCopy   = 28 // 2005
)
