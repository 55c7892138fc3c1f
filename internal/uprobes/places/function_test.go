package places

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// listed are the addresses at which objdump has an instruction, and how many bytes each has.
func listed(t *testing.T, path string) (l []uint64, lengths map[uint64]int) {
	out, err := exec.Command("objdump", "-d", "-w", "-z", path).Output()
	require.NoError(t, err)
	lengths = map[uint64]int{}
	for _, m := range regexp.MustCompile(`(?m)^ *([0-9a-f]+):\t((?:[0-9a-f]{2} )+)`).FindAllStringSubmatch(string(out), -1) {
		addr, err := strconv.ParseUint(m[1], 16, 64)
		require.NoError(t, err)
		l = append(l, addr)
		lengths[addr] = len(strings.Fields(m[2]))
	}
	return l, lengths
}

// Where instructions begin is what objdump says, padding and the tables of jumps between sections included.
func TestInstructionsAreObjdumps(t *testing.T) {
	for _, how := range [][]string{{"gcc", "-O0"}, {"gcc", "-O2"}, {"gcc", "-O2", "-m32"}} {
		image, path := built(t, "ifunc.c", how...)
		data, err := os.ReadFile(path)
		require.NoError(t, err)
		p := NewFile(image, data).Program()
		want, lengths := listed(t, path)
		require.Equal(t, want, p.Instructions(), how)
		for _, addr := range want {
			begins, _ := p.Begins(addr)
			require.True(t, begins, "%v: %#x", how, addr)
			if lengths[addr] > 1 {
				begins, start := p.Begins(addr + 1)
				require.False(t, begins, "%v: %#x", how, addr+1)
				require.Equal(t, addr, start, "%v: %#x", how, addr+1)
			}
		}
	}
}

// A function uses the red zone if it keeps data there, by either register, and not if it makes room first.
func TestRedZone(t *testing.T) {
	source := filepath.Join(t.TempDir(), "red.S")
	require.NoError(t, os.WriteFile(source, []byte(strings.Join([]string{
		".globl _start", ".type _start,@function", "_start: call by_sp", " call by_fp", " call room", " call pushes", " hlt", ".size _start, .-_start",
		".type by_sp,@function", "by_sp: mov %rdi,-8(%rsp)", " mov -8(%rsp),%rax", " ret", ".size by_sp, .-by_sp",
		".type by_fp,@function", "by_fp: push %rbp", " mov %rsp,%rbp", " mov %edi,-0x14(%rbp)", " pop %rbp", " ret", ".size by_fp, .-by_fp",
		".type room,@function", "room: push %rbp", " mov %rsp,%rbp", " sub $0x20,%rsp", " mov %edi,-0x14(%rbp)", " lea -8(%rsp),%rax", " leave", " ret", ".size room, .-room",
		".type pushes,@function", "pushes: push %rdi", " mov (%rsp),%rax", " nopl -8(%rsp)", " pop %rdi", " ret", ".size pushes, .-pushes", "",
	}, "\n")), 0o644))
	path := filepath.Join(filepath.Dir(source), "red")
	if out, err := exec.Command("gcc", "-nostdlib", "-static", "-o", path, source).CombinedOutput(); err != nil {
		t.Skipf("gcc: %s", out)
	}
	image := read(t, path)
	p := Read(image)
	for name, want := range map[string]bool{"by_sp": true, "by_fp": true, "room": false, "pushes": false} {
		s, ok := image.Symbols.Lookup(name)
		require.True(t, ok)
		f, ok := p.Function(s.Addr)
		require.True(t, ok)
		require.Equal(t, name, f.Name)
		require.Equal(t, want, p.UsesRedZone(f), name)
	}
}
