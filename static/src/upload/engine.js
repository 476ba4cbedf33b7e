// Uppy sends the parts; what it needs to know of our server and our bucket stands here.
import AwsS3 from "@uppy/aws-s3";
import Uppy from "@uppy/core";
import GoldenRetriever from "@uppy/golden-retriever";
import { isKept, keep } from "./kept.js";

const KEPT = 7 * 24 * 3600 * 1000; // the bucket drops unfinished uploads after as long
const DELAYS = [0, 1000, 3000, 5000, 10000, 20000, 30000];
export const PARTS_AT_ONCE = 6;

// `name` is one store of unfinished uploads: an organization and a person in this browser.
export function makeEngine(name, server) {
  const sizes = new WeakMap(); // a file's bytes -> its part size, as the server said
  const fresh = new Set(); // files of which the bucket cannot hold a part yet
  const uppy = new Uppy({ id: name, autoProceed: false, allowMultipleUploadBatches: true });
  uppy.use(AwsS3, {
    limit: PARTS_AT_ONCE,
    retryDelays: DELAYS,
    shouldUseMultipart: true,
    getChunkSize: (data) => sizes.get(data),
    // Our own row and the bucket's upload are made before Uppy is asked, so it always resumes.
    createMultipartUpload: ({ meta }) => ({ uploadId: meta.upload, key: meta.upload }),
    async signPart({ id, meta }, { partNumber }) {
      try {
        return { url: await server.sign(meta.upload, partNumber, meta.parts) };
      } catch (error) {
        // Uppy would try again for a minute what no trying again will mend.
        if (!error.passing && !uppy.getFile(id)?.isPaused) uppy.pauseResume(id);
        throw error;
      }
    },
    async listParts({ id, meta }) {
      if (fresh.delete(id)) return [];
      const { parts } = await server.parts(meta.upload);
      uppy.emit("parts-listed", id, parts);
      return parts.map(({ part, size, etag }) => ({ PartNumber: part, Size: size, ETag: etag }));
    },
    async completeMultipartUpload({ meta }) {
      return { upload: await server.finish(meta.upload) };
    },
    // Uppy gives up an upload at its first lasting error; people do that, by a button.
    abortMultipartUpload: () => {},
  });

  return {
    uppy,

    add(file, collection, title) {
      const meta = { collection, title, relativePath: null };
      return uppy.addFile({ name: file.name, type: "image/tiff", data: file, meta });
    },

    // Kept with the file across a reload.
    remember({ id, upload, partSize, parts }) {
      if (!uppy.getFile(id)) return;
      uppy.setFileMeta(id, { upload, partSize, parts });
      keep(name, id, { upload, partSize, parts });
    },

    // Sends what is missing of a file whose upload the server knows.
    send({ id, upload, partSize }, isFresh) {
      sizes.set(uppy.getFile(id).data, partSize);
      if (isFresh) fresh.add(id);
      uppy.setFileState(id, { s3Multipart: { key: upload, uploadId: upload } });
      uppy.retryUpload(id).catch(() => {});
    },

    // What an earlier visit left unfinished. Resolves to the files, some without their bytes.
    // Files may be added only after that: restoring replaces the whole list.
    async restore() {
      if (!isKept(name)) {
        uppy.use(GoldenRetriever, { expires: KEPT });
        return [];
      }
      const restored = new Promise((resolve) => {
        uppy.once("restored", resolve);
        setTimeout(resolve, 5000);
      });
      uppy.use(GoldenRetriever, { expires: KEPT });
      await restored;
      uppy.setState({ currentUploads: {}, recoveredState: null });
      return uppy.getFiles();
    },
  };
}
