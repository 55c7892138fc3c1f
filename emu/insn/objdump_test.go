package insn

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
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

func (d disasm) bad() bool { return strings.Contains(d.text, "(bad)") }

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
	machine := "i386"
	if m.Is64() {
		machine = "i386:x86-64"
	}
	cmd := exec.Command(needTool(t, "objdump"), "-D", "-z", "-w", "--insn-width=16", "-b", "binary", "-m", machine, file)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	result := make([]disasm, len(candidates))
	lines := bufio.NewScanner(out)
	for open := -1; lines.Scan(); {
		address, length, text, ok := parseObjdump(lines.Text())
		if !ok {
			continue
		}
		if address%slotSize == 0 {
			open = address / slotSize
		}
		if open < 0 {
			continue
		}
		result[open].len += length
		result[open].text = strings.TrimSpace(result[open].text + " " + text)
		if !onlyPrefixes(text) {
			open = -1
		}
	}
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	return result
}

// parseObjdump splits "  1f:\t48 89 e5 \tmov    %rsp,%rbp".
func parseObjdump(line string) (address, length int, text string, ok bool) {
	field := strings.SplitN(line, "\t", 3)
	if len(field) < 2 || !strings.HasSuffix(field[0], ":") {
		return 0, 0, "", false
	}
	a, err := strconv.ParseUint(strings.TrimSpace(strings.TrimSuffix(field[0], ":")), 16, 64)
	if err != nil {
		return 0, 0, "", false
	}
	code, err := hex.DecodeString(strings.ReplaceAll(field[1], " ", ""))
	if err != nil {
		return 0, 0, "", false
	}
	if len(field) == 3 {
		text = strings.TrimSpace(field[2])
	}
	return int(a), len(code), text, true
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
