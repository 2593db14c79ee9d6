# Shows: ffmpeg: pictures and sound are made, encoded with several threads (x264, VP8, MPEG-4, FLAC, Opus) and decoded again
# Every: 2000
# Limit: 900
f() { ffmpeg -hide_banner -loglevel error -nostdin -y "$@"; }
f -f lavfi -i testsrc=duration=1:size=128x96:rate=10 -pix_fmt yuv420p raw.y4m
f -f lavfi -i sine=frequency=440:duration=1 -ar 48000 tone.wav
sha256sum raw.y4m tone.wav
f -i raw.y4m -c:v libx264 -preset ultrafast -threads 2 out.mkv
f -i raw.y4m -c:v libvpx -deadline realtime -cpu-used 8 -threads 2 out.webm
f -i raw.y4m -c:v mpeg4 -q:v 2 -bitexact out.avi
for video in out.mkv out.webm out.avi; do
  ffprobe -v error -count_frames -show_entries stream=codec_name,width,height,nb_read_frames -of csv=p=0 $video
done
f -i out.avi -f framemd5 -bitexact - | tail -1
f -i tone.wav -c:a flac tone.flac && f -i tone.flac back.wav
f -i tone.wav -f md5 - && f -i back.wav -f md5 -
f -i tone.wav -c:a libopus -b:a 32k tone.opus
ffprobe -v error -show_entries stream=codec_name,sample_rate -of csv=p=0 tone.opus
f -i raw.y4m -vf scale=64:48,negate -frames:v 1 picture.png
head -c 8 picture.png | od -An -tx1
