package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"trapline/emu/printable"
)

// answered is a line of --results: one question.
type answered struct {
	Type     string   `json:"type"` // "answer"
	V        int      `json:"v"`
	Lesson   string   `json:"lesson"`
	Question int      `json:"question"` // from 1
	Task     bool     `json:"task,omitempty"`
	Given    []string `json:"given"` // in order
	Right    bool     `json:"right"` // the last one
}

// readAnswers counts the questions of each lesson that a file of --results has.
func readAnswers(name string) (map[string]int, error) {
	if name == "" {
		return nil, nil
	}
	data, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	asked := map[string]map[int]bool{}
	lines := bufio.NewScanner(bytes.NewReader(data))
	for n := 1; lines.Scan(); n++ {
		var a answered
		if err := json.Unmarshal(lines.Bytes(), &a); err != nil || a.Type != "answer" {
			return nil, fmt.Errorf("%s:%d: no line of --results; expected another file", printable.Name(name), n)
		}
		if asked[a.Lesson] == nil {
			asked[a.Lesson] = map[int]bool{}
		}
		asked[a.Lesson][a.Question] = true
	}
	done := map[string]int{}
	for lesson, questions := range asked {
		done[lesson] = len(questions)
	}
	return done, lines.Err()
}
