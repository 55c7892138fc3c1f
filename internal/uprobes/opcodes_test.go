package uprobes

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/emu/insn"
	"trapline/internal/rigs/silicon"
	"trapline/internal/rigs/silicon/generate"
	"trapline/internal/rigs/silicon/simulated"
)

// clocks are instructions that give another value every time.
var clocks = map[insn.Map]map[byte]bool{insn.Map0F: {0x31: true, 0x33: true}}

// TestU6EveryOpcodeAMD64 and TestU6EveryOpcodeI386 run every opcode of the four maps that uprobes accept, behind no
// prefix, 66, F3 and F2 and, in 64-bit code, any REX, with a register and with data memory as operand: RIP-relative in
// 64-bit code. Probed and unprobed must agree (U6-U9).
func TestU6EveryOpcodeAMD64(t *testing.T) { testEveryOpcode(t, silicon.Mode64, insn.Mode64AMD, 512) }

func TestU6EveryOpcodeI386(t *testing.T) { testEveryOpcode(t, silicon.Mode32, insn.Mode32, 546) }

type opcodeKey struct {
	table  insn.Map
	opcode byte
}

func testEveryOpcode(t *testing.T, mode silicon.Mode, m insn.Mode, opcodes int) {
	machine, err := simulated.Open(mode)
	require.NoError(t, err)
	defer machine.Close()
	g := generate.New(generate.Config{Mode: mode, Seed: 16, Groups: generate.AllGroups})
	rnd := rand.New(rand.NewPCG(16, 61))
	seen := map[opcodeKey]bool{}
	cases, completed := 0, 0
	for _, table := range [][]byte{{}, {0x0f}, {0x0f, 0x38}, {0x0f, 0x3a}} {
		for op := range 0x400 {
			for form := range 6 {
				code := opcodeForm(rnd, m, table, byte(op), []byte{0, prefixOpSize, 0xf3, 0xf2}[op>>8], form%2 == 0)
				in, errno := Analyze(code, m)
				d, err := insn.Decode(code, m)
				if errno != 0 || err != nil || d.Attr().Has(visible) || isXchgR8(d) || clocks[d.Map][d.Opcode] {
					continue
				}
				if isPrefix(byte(op), m) && len(table) == 0 || op>>8 == 1 && narrow(d, in) {
					continue
				}
				if set := withoutOperands[row{d.Map, lastPrefix(code, m)}]; set.has(d.Opcode) && d.HasModRM && d.ModRM&0xc7 == 5 {
					continue // goes wrong as in the kernel (U4)
				}
				seq := g.Sequence(uint64(cases))
				run := &probedRun{machine: machine, mode: m, state: seq.Init}
				run.memory, err = seq.Memory()
				require.NoError(t, err)
				run.state.RIP = silicon.CodeBase
				copy(run.memory.Code, code)
				steps, err := machine.Run(&silicon.Program{
					Mode: mode, Origin: silicon.CodeBase, Code: run.memory.Code, Init: run.state,
					Data: run.memory.Data, Stack: run.memory.Stack,
				}, 1)
				require.NoError(t, err)
				got, _, err := run.step(silicon.CodeBase)
				require.NoError(t, err)
				cases++
				seen[opcodeKey{d.Map, d.Opcode}] = true
				if steps[0].Signal == (silicon.Signal{}) {
					completed++
				}
				if !same(got, &steps[0]) {
					t.Errorf("% x (%v)\ngot  %+v\nwant %+v", in.Original[:in.Len], in, *got, steps[0])
				}
			}
		}
	}
	t.Logf("%d cases of %d opcodes, %d of them without a fault", cases, len(seen), completed)
	require.GreaterOrEqual(t, len(seen), opcodes)
	require.Greater(t, completed, cases/2)
}

// isPrefix tells what is no opcode. The kernel takes a second REX for one.
func isPrefix(b byte, m insn.Mode) bool { return isLegacyPrefix(b) || m.Is64() && b&0xf0 == 0x40 }

// narrow tells what 66 makes visible: loop and jcxz cut the instruction pointer to 16 bits, and the copy's is another; a
// call pushes two bytes, where the fix-up puts four or eight.
func narrow(d insn.Inst, in *Instruction) bool {
	return d.Map == insn.OneByte && (d.Opcode >= 0xe0 && d.Opcode <= 0xe3 || in.Fixups.Has(FixCall))
}

func lastPrefix(code []byte, m insn.Mode) byte {
	e, _ := decode(code, m)
	return e.lastPrefix
}

// opcodeForm makes an instruction with random ModRM.reg and immediate.
func opcodeForm(rnd *rand.Rand, m insn.Mode, table []byte, op, prefix byte, memory bool) []byte {
	code := make([]byte, 0, CodeSize)
	if prefix != 0 {
		code = append(code, prefix)
	}
	if m.Is64() && rnd.IntN(2) == 0 {
		code = append(code, 0x40|byte(rnd.IntN(16)))
	}
	code = append(append(code, table...), op)
	modRM := 0xc0 | byte(rnd.IntN(64))
	if memory {
		modRM = 5 | modRM&0x38
	}
	code = append(code, modRM)
	at := len(code)
	for len(code) < CodeSize {
		code = append(code, byte(rnd.IntN(256)))
	}
	if memory {
		target := uint64(silicon.DataBase + 16*rnd.IntN(silicon.DataSize/32))
		if d, err := insn.Decode(code, m); err == nil && m.Is64() {
			target -= silicon.CodeBase + uint64(d.Len)
		}
		binary.LittleEndian.PutUint32(code[at:], uint32(target))
	}
	return code
}
