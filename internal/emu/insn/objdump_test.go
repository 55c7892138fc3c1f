package insn

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"fmt"
	"iter"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// slotSize leaves room behind a 15-byte candidate for whatever objdump makes of its tail, so that the next
// slot starts at an instruction again.
const slotSize = 32

// disasm is what objdump says about the bytes at the start of a slot.
type disasm struct {
	len  int
	text string // as printed, prefixes that objdump prints on a line of their own in front
}

func (d disasm) bad() bool {
	return strings.Contains(d.text, "(bad)") || strings.Contains(d.text, "{bad}")
}

// needTool returns the path of a program, and skips the test where it is not installed.
func needTool(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("needs %s (GNU binutils or gcc): %v", name, err)
	}
	return path
}

// objdumpSlots disassembles each candidate (at most 15 bytes, padded with nops) on its own.
func objdumpSlots(t *testing.T, m Mode, candidates [][]byte) []disasm {
	t.Helper()
	image := bytes.Repeat([]byte{0x90}, slotSize*len(candidates))
	for n, c := range candidates {
		copy(image[n*slotSize:], c)
	}
	file := filepath.Join(t.TempDir(), "slots.bin")
	if err := os.WriteFile(file, image, 0o600); err != nil {
		t.Fatal(err)
	}
	result := make([]disasm, len(candidates))
	for line := range objdumpLines(t, m, file) {
		if line.at%slotSize == 0 {
			result[line.at/slotSize] = disasm{line.len, line.text}
		}
	}
	return result
}

// line is one instruction as objdump prints it, with prefixes that it prints on lines of their own joined to
// what follows.
type line struct {
	at   uint64
	len  int
	text string
}

// objdumpVersion is N of GNU objdump 2.N; 0: there is none.
var objdumpVersion = sync.OnceValue(func() int {
	out, err := exec.Command("objdump", "--version").Output()
	if err != nil {
		return 0
	}
	first, _, _ := strings.Cut(string(out), "\n")
	var n int
	if _, err := fmt.Sscanf(first[strings.LastIndex(first, " ")+1:], "2.%d", &n); err != nil {
		panic(fmt.Sprintf("objdump --version says %q: %v", first, err))
	}
	return n
})

// objdumpLines disassembles a file of bare code, from address 0.
func objdumpLines(t *testing.T, m Mode, file string) iter.Seq[line] {
	t.Helper()
	machine := map[Mode][]string{
		Mode16:    {"-m", "i8086"},
		Mode32:    {"-m", "i386"},
		Mode64:    {"-m", "i386:x86-64", "-M", "intel64"},
		Mode64AMD: {"-m", "i386:x86-64", "-M", "amd64"},
	}[m]
	cmd := exec.Command(needTool(t, "objdump"), append(machine, "-D", "-z", "-w", "--insn-width=16", "-b", "binary", file)...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return func(yield func(line) bool) {
		var joined line
		for lines := bufio.NewScanner(out); lines.Scan(); {
			l, ok := parseObjdump(lines.Text())
			if !ok {
				continue
			}
			if joined.len > 0 {
				l = line{joined.at, joined.len + l.len, joined.text + " " + l.text}
			}
			if onlyPrefixes(l.text) {
				joined = l
				continue
			}
			joined = line{}
			if !yield(l) {
				break
			}
		}
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
	}
}

// parseObjdump splits "  1f:\t48 89 e5 \tmov    %rsp,%rbp".
func parseObjdump(text string) (line, bool) {
	field := strings.SplitN(text, "\t", 3)
	if len(field) < 2 || !strings.HasSuffix(field[0], ":") {
		return line{}, false
	}
	at, err := strconv.ParseUint(strings.TrimSpace(strings.TrimSuffix(field[0], ":")), 16, 64)
	if err != nil {
		return line{}, false
	}
	code, err := hex.DecodeString(strings.ReplaceAll(field[1], " ", ""))
	if err != nil {
		return line{}, false
	}
	l := line{at: at, len: len(code)}
	if len(field) == 3 {
		l.text = strings.TrimSpace(field[2])
	}
	return l, true
}

var objdumpPrefixes = map[string]bool{"lock": true, "rep": true, "repz": true, "repnz": true, "data16": true,
	"addr32": true, "addr16": true, "data32": true, "cs": true, "ss": true, "ds": true, "es": true, "fs": true, "gs": true,
	"xacquire": true, "xrelease": true, "bnd": true, "notrack": true}

// onlyPrefixes reports a line on which objdump printed prefixes without an instruction.
func onlyPrefixes(text string) bool {
	for _, word := range strings.Fields(text) {
		if !objdumpPrefixes[word] && !strings.HasPrefix(word, "rex") {
			return false
		}
	}
	return true
}
