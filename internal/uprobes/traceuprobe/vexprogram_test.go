package traceuprobe

import (
	"debug/elf"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/emu/insn"
	"trapline/internal/emu/interp"
	"trapline/internal/uprobes"
)

// vexProgram is a program of VEX instructions with a RIP-relative operand. Before each it loads every register with the same
// values, after it writes all registers and the operand to its standard output.
type vexProgram struct {
	path    string
	code    [][]byte // of the instructions
	offsets []uint64 // in the file
}

// vexInstructions has every VEX instruction that the machine runs and whose copy steps, once with each of some registers. Of
// reg and vvvv, 4 is left out: in general registers it is the stack pointer.
func vexInstructions(t *testing.T) (all [][]byte) {
	r := rand.New(rand.NewPCG(1, 15))
	registers := []byte{0, 1, 2, 3, 5, 6, 7}
	for n := range 3 * 256 * 4 * 4 {
		m, opcode, pp, w, l := byte(1+n>>12), byte(n>>4), byte(n>>2&3), byte(n>>1&1), byte(n&1)
		for _, vvvv := range []byte{registers[r.IntN(7)] | byte(r.IntN(2))<<3, 0} { // 0: the form has none
			rxb, reg := byte(r.IntN(8)), registers[r.IntN(7)]
			code := []byte{0xc4, rxb<<5 | m, w<<7 | (^vvvv&15)<<3 | l<<2 | pp, opcode, reg<<3 | 5, 0, 0, 0, 0}
			if m == 1 && w == 0 && r.IntN(2) == 0 {
				code = append([]byte{0xc5, code[1]&0x80 | code[2]}, code[3:]...)
			}
			code = append(code, byte(r.Uint32()))
			in, err := insn.Decode(append(code, make([]byte, 8)...), insn.Mode64AMD)
			if err != nil {
				continue
			}
			op, ok := interp.Prepare(&in)
			if !ok || !in.RIPRelative || op.Vector() && in.Opcode == 0xae && m == 1 {
				continue
			}
			code = code[:in.Len]
			i, errno := uprobes.Analyze(append(code[:len(code):len(code)], make([]byte, 16)...), insn.Mode64AMD)
			if errno == 0 && (i.Method != uprobes.StepOutOfLine || !i.Fixups.Has(uprobes.FixIP) || !i.Fixups.Has(uprobes.FixRIP)) {
				continue // 6.1 takes it for something else, and the program would go wrong
			}
			all = append(all, code)
			break
		}
	}
	require.Greater(t, len(all), 400)
	return all
}

// buildVEX assembles the program into /t of a new root.
func buildVEX(t *testing.T) (p vexProgram, root string) {
	p.code = vexInstructions(t)
	var s strings.Builder
	s.WriteString(".globl _start\n_start:\n")
	for i, code := range p.code {
		in, err := insn.Decode(append(code[:len(code):len(code)], make([]byte, 8)...), insn.Mode64AMD)
		require.NoError(t, err)
		fmt.Fprintf(&s, "\tcall load\np_%d:\t.byte ", i)
		at := in.ModRMOff + 1
		for j, b := range code[:at] {
			fmt.Fprintf(&s, "%s%#x", []string{"", ","}[min(j, 1)], b)
		}
		fmt.Fprintf(&s, "\n\t.long operand - . - %d\n", len(code)-at)
		for _, b := range code[at+4:] {
			fmt.Fprintf(&s, "\t.byte %#x\n", b)
		}
		s.WriteString("\tcall store\n")
	}
	s.WriteString("\tmov $60,%eax\n\txor %edi,%edi\n\tsyscall\n")
	s.WriteString("load:\n\tlea values(%rip),%rsi\n\tlea operand(%rip),%rdi\n\tmov $8,%ecx\n\trep movsq\n\tvldmxcsr mxcsr(%rip)\n")
	for i := range 16 {
		fmt.Fprintf(&s, "\tvmovups values+%d(%%rip),%%ymm%d\n", 32*i, i)
	}
	general := []string{"rax", "rcx", "rdx", "rbx", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15"}
	for i, r := range general {
		fmt.Fprintf(&s, "\tmov values+%d(%%rip),%%%s\n", 8*i+3, r)
	}
	s.WriteString("\tret\nstore:\n\tpushf\n\tpopq flags(%rip)\n\tandq $0x8c1,flags(%rip)\n") // CF, ZF, SF, OF
	for i, r := range general {
		fmt.Fprintf(&s, "\tmov %%%s,out+%d(%%rip)\n", r, 8*i)
	}
	for i := range 16 {
		fmt.Fprintf(&s, "\tvmovups %%ymm%d,out+%d(%%rip)\n", i, 128+32*i)
	}
	s.WriteString("\tvstmxcsr out+120(%rip)\n\tmov $1,%eax\n\tmov $1,%edi\n\tlea out(%rip),%rsi\n\tmov $(end - out),%edx\n\tsyscall\n\tret\n")
	s.WriteString("\t.data\n\t.balign 64\nmxcsr:\t.long 0x1f80\n\t.balign 64\nvalues:\n")
	r := rand.New(rand.NewPCG(2, 15))
	for range 72 {
		fmt.Fprintf(&s, "\t.quad %#x\n", 0x3ff0000000000000+r.Uint64()>>13) // numbers near one
	}
	s.WriteString("\t.balign 64\nout:\t.zero 640\noperand:\t.zero 64\nflags:\t.quad 0\nend:\n")

	root = t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(root, "t"), 0o755))
	source := filepath.Join(t.TempDir(), "vex.S")
	require.NoError(t, os.WriteFile(source, []byte(s.String()), 0o644))
	p.path = filepath.Join(root, "t", "vex")
	out, err := exec.Command("gcc", "-nostdlib", "-static", "-no-pie", "-o", p.path, source).CombinedOutput()
	require.NoError(t, err, string(out))
	p.findOffsets(t)
	return p, root
}

func (p *vexProgram) findOffsets(t *testing.T) {
	f, err := elf.Open(p.path)
	require.NoError(t, err)
	defer f.Close()
	symbols, err := f.Symbols()
	require.NoError(t, err)
	text := f.Section(".text")
	p.offsets = make([]uint64, len(p.code))
	for _, s := range symbols {
		var i int
		if n, _ := fmt.Sscanf(s.Name, "p_%d", &i); n == 1 {
			p.offsets[i] = s.Value - text.Addr + text.Offset
		}
	}
}
