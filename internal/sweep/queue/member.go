package queue

import (
	"bytes"
	"context"
	"encoding/gob"
	"errors"
	"strconv"

	"github.com/redis/go-redis/v9"

	"trapline/internal/explore"
	"trapline/internal/scenario"
)

// membership is a worker's part in a search that is divided.
type membership struct {
	run    string
	member *scenario.Member
	last   string // entry of claims
}

// task makes a task and hands its yield in, as take does a search.
func (w *working) task(ctx context.Context, m redis.XMessage, j job) error {
	y, err := w.yield(ctx, m.ID, j)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		return err
	}
	if y == nil {
		return w.handIn(ctx, m, j.Run, nil)
	}
	b, err := encode(y)
	if err != nil {
		return err
	}
	return w.handIn(ctx, m, j.Run, b)
}

// yield makes a task; nil: nobody wants it any more. What cannot be made says so.
func (w *working) yield(ctx context.Context, id string, j job) (*explore.Yield, error) {
	wanted, err := w.db.Exists(ctx, prefix+"run:"+j.Run).Result()
	if err != nil || wanted == 0 {
		return nil, err
	}
	data, err := w.db.HGet(ctx, prefix+"tasks:"+j.Run, strconv.Itoa(j.Part.ID)).Bytes()
	if errors.Is(err, redis.Nil) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	failed := func(err error) (*explore.Yield, error) {
		return &explore.Yield{Round: j.Part.Round, ID: j.Part.ID, Err: err.Error()}, nil
	}
	if n, err := w.deliveries(ctx, id); err != nil || n > MaxDeliveries {
		return nil, err // the leader makes it
	}
	var t explore.Task
	if err := gob.NewDecoder(bytes.NewReader(data)).Decode(&t); err != nil {
		return failed(err)
	}
	if t.Round != j.Part.Round { // rounds number their tasks alike: the next one has put its own in the place
		return nil, nil
	}
	beating, stop := context.WithCancel(ctx)
	defer stop()
	go w.beat(beating, id)
	switch current, err := w.join(ctx, j); {
	case err != nil:
		return failed(err)
	case !current:
		return nil, nil
	}
	if err := w.claims(ctx, j); err != nil {
		return nil, err
	}
	return w.part.member.Do(ctx, &t), nil
}

// join makes the worker a member in the task's round. False: that is over.
func (w *working) join(ctx context.Context, j job) (bool, error) {
	if w.part == nil || w.part.run != j.Run {
		w.leave()
		f, err := w.files.get(ctx, j)
		if err != nil {
			return false, err
		}
		own := *f.File // files are shared
		own.Machine.StoreBuffer, own.Machine.SplitRMW = j.Part.StoreBuffer, j.Part.SplitRMW
		f = &scenario.File{File: &own, ReadFile: f.ReadFile}
		m, err := scenario.Search{Engine: j.Key.Engine, KernelText: j.Key.KernelText, Grain: j.Part.Grain}.Member(ctx, f)
		if err != nil {
			return false, err
		}
		w.part = &membership{run: j.Run, member: m}
	}
	if w.part.member.Round() == j.Part.Round {
		return true, nil
	}
	data, err := w.db.Get(ctx, prefix+"setting:"+j.Run).Bytes()
	if errors.Is(err, redis.Nil) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	var s explore.Setting
	if err := gob.NewDecoder(bytes.NewReader(data)).Decode(&s); err != nil {
		return false, err
	}
	if s.Round != j.Part.Round {
		return false, nil
	}
	w.part.last = "0"
	return true, w.part.member.Set(&s)
}

// leave ends the worker's part in a search.
func (w *working) leave() {
	if w.part != nil {
		w.part.member.Close()
		w.part = nil
	}
}

// claims reads what others have done since.
func (w *working) claims(ctx context.Context, j job) error {
	for {
		list, err := w.db.XRead(ctx, &redis.XReadArgs{Streams: []string{claimsKey(j.Run, j.Part.Round), w.part.last}, Block: -1, Count: 256}).Result()
		if errors.Is(err, redis.Nil) || err == nil && (len(list) == 0 || len(list[0].Messages) == 0) {
			return nil
		}
		if err != nil {
			return err
		}
		for _, m := range list[0].Messages {
			var c []explore.Claim
			if err := decodeBytes(m, &c); err != nil {
				return err
			}
			w.part.member.Cover(c)
			w.part.last = m.ID
		}
	}
}
