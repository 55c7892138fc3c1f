package panel

import (
	"cmp"
	"fmt"
	"strings"

	"trapline/internal/tui/text"
)

// Big is the state that the shown vCPU is in, or where no probe is its name, in letters of many cells: for a room.
type Big struct{ base }

// Title implements Panel.
func (p *Big) Title() string {
	s := fmt.Sprintf("cpu%d", p.m.CPU)
	if len(p.m.Probes) > 0 {
		s += fmt.Sprintf(" · probe %s: %s", p.m.Probes[0].Name, p.m.Probes[0].State)
	}
	return s
}

// state is the name in the engine's diagram.
func (p *Big) state() string {
	if c := p.m.CPU; c < len(p.m.CPUs) {
		return stateName(p.m.Engine, p.m.CPUs[c].Phase)
	}
	return ""
}

// Letters of Big: bigRows rows of at most bigColumns points, each of which is two
// cells wide and one high, times a whole number.
const (
	bigRows    = 5
	bigColumns = 3
)

// Lines implements Panel: the largest letters that there is room for, else plain ones.
func (p *Big) Lines() []text.Line {
	word := cmp.Or(p.state(), fmt.Sprintf("CPU%d", p.m.CPU))
	role := text.Work
	if len(p.m.Violated) > 0 {
		role = text.Alarm
	}
	for scale := max(p.h/bigRows, 1); scale > 0; scale-- {
		if width := len(word)*(bigColumns+1)*2*scale - 2*scale; width <= p.w && scale*bigRows <= p.h {
			return drawn(word, scale, role)
		}
	}
	return []text.Line{text.Of(role, word)}
}

func drawn(word string, scale int, role text.Role) []text.Line {
	var lines []text.Line
	for row := range bigRows {
		var b strings.Builder
		for _, r := range word {
			points := strings.Fields(letters[r])
			for _, on := range points[row] + "0" {
				cell := " "
				if on == '1' {
					cell = "█"
				}
				b.WriteString(strings.Repeat(cell, 2*scale))
			}
		}
		l := text.Of(role, strings.TrimRight(b.String(), " "))
		for range scale {
			lines = append(lines, l)
		}
	}
	return lines
}

// letters are those that names of states and vCPUs have, row by row.
var letters = map[rune]string{
	'A': "010 101 111 101 101", 'B': "110 101 110 101 110", 'C': "011 100 100 100 011", 'D': "110 101 101 101 110",
	'E': "111 100 110 100 111", 'F': "111 100 110 100 100", 'G': "011 100 101 101 011", 'H': "101 101 111 101 101",
	'I': "111 010 010 010 111", 'J': "001 001 001 101 010", 'K': "101 101 110 101 101", 'L': "100 100 100 100 111",
	'M': "101 111 111 101 101", 'N': "110 101 101 101 101", 'O': "010 101 101 101 010", 'P': "110 101 110 100 100",
	'Q': "010 101 101 110 011", 'R': "110 101 110 101 101", 'S': "011 100 010 001 110", 'T': "111 010 010 010 010",
	'U': "101 101 101 101 111", 'V': "101 101 101 101 010", 'W': "101 101 111 111 101", 'X': "101 101 010 101 101",
	'Y': "101 101 010 010 010", 'Z': "111 001 010 100 111", '_': "000 000 000 000 111", ' ': "000 000 000 000 000",
	'0': "111 101 101 101 111", '1': "010 110 010 010 111", '2': "110 001 010 100 111", '3': "110 001 010 001 110",
	'4': "101 101 111 001 001", '5': "111 100 110 001 110", '6': "011 100 111 101 111", '7': "111 001 010 010 010",
}
