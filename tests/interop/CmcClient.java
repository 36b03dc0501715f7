/* CMC messages made and read by Bouncy Castle, for the tests:
 *   java CmcClient.java request CSR.der IDENTITY.p12 OUT.der   a Full PKI Request with transactionId 4711 and body part 7
 *   java CmcClient.java crmf SUBJECT IDENTITY.p12 OUT.der      the same with a CRMF request (RFC 4211) for a new P-256 key
 *   java CmcClient.java getcrl ISSUER IDENTITY.p12 OUT.der     asks for a CA's CRL, body part 8
 *   java CmcClient.java pending IN.der IDENTITY.p12 OUT.der    asks by the token of the response IN.der, body part 9
 *   java CmcClient.java response IN.der                        prints "content OID", "signature true", "status N part P [fail F | waits]",
 *                                                              "certificate SUBJECT", "crl ISSUER" */
import java.io.FileInputStream;
import java.math.BigInteger;
import java.nio.file.*;
import java.security.*;
import java.security.cert.X509Certificate;
import java.util.*;
import org.bouncycastle.asn1.*;
import org.bouncycastle.asn1.cmc.*;
import org.bouncycastle.asn1.crmf.CertReqMsg;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.cert.X509CRLHolder;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.crmf.jcajce.JcaCertificateRequestMessageBuilder;
import org.bouncycastle.cert.jcajce.JcaCertStore;
import org.bouncycastle.cms.*;
import org.bouncycastle.cms.jcajce.*;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.operator.jcajce.*;

public class CmcClient {
    public static void main(String[] args) throws Exception {
        Security.addProvider(new BouncyCastleProvider());
        if (args[0].equals("request"))
            write(new TaggedRequest(new TaggedCertificationRequest(new BodyPartID(7),
                    CertificationRequest.getInstance(Files.readAllBytes(Path.of(args[1]))))), args);
        else if (args[0].equals("crmf"))
            write(new TaggedRequest(crmf(args[1])), args);
        else if (args[0].equals("getcrl"))
            write(new TaggedAttribute(new BodyPartID(8), CMCObjectIdentifiers.id_cmc_getCRL,
                    new DERSet(new GetCRL(new X500Name(args[1]), null, null, null))), args);
        else if (args[0].equals("pending"))
            write(new TaggedAttribute(new BodyPartID(9), CMCObjectIdentifiers.id_cmc_queryPending, new DERSet(token(args[1]))), args);
        else
            response(args);
    }

    static CertReqMsg crmf(String subject) throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC", "BC");
        generator.initialize(256);
        KeyPair pair = generator.generateKeyPair();
        JcaCertificateRequestMessageBuilder builder = new JcaCertificateRequestMessageBuilder(BigInteger.valueOf(7));
        builder.setSubject(new X500Name(subject)).setPublicKey(SubjectPublicKeyInfo.getInstance(pair.getPublic().getEncoded()));
        builder.setProofOfPossessionSigningKeySigner(new JcaContentSignerBuilder("SHA256withECDSA").setProvider("BC").build(pair.getPrivate()));
        return CertReqMsg.getInstance(builder.build().getEncoded());
    }

    static void write(TaggedRequest tagged, String[] args) throws Exception {
        TaggedAttribute transaction = new TaggedAttribute(new BodyPartID(1), CMCObjectIdentifiers.id_cmc_transactionId,
                new DERSet(new ASN1Integer(4711)));
        write(new PKIData(new TaggedAttribute[] { transaction }, new TaggedRequest[] { tagged }, new TaggedContentInfo[0], new OtherMsg[0]), args);
    }

    static void write(TaggedAttribute control, String[] args) throws Exception {
        write(new PKIData(new TaggedAttribute[] { control }, new TaggedRequest[0], new TaggedContentInfo[0], new OtherMsg[0]), args);
    }

    static void write(PKIData data, String[] args) throws Exception {
        KeyStore identity = KeyStore.getInstance("PKCS12");
        char[] password = "identity".toCharArray();
        try (FileInputStream in = new FileInputStream(args[2])) { identity.load(in, password); }
        String alias = identity.aliases().nextElement();
        PrivateKey key = (PrivateKey) identity.getKey(alias, password);
        X509Certificate certificate = (X509Certificate) identity.getCertificate(alias);

        String algorithm = key.getAlgorithm().equals("RSA") ? "SHA256withRSA" : key.getAlgorithm().startsWith("Ed") ? "Ed25519" : "SHA256withECDSA";
        CMSSignedDataGenerator generator = new CMSSignedDataGenerator();
        generator.addSignerInfoGenerator(new JcaSignerInfoGeneratorBuilder(new JcaDigestCalculatorProviderBuilder().setProvider("BC").build())
                .build(new JcaContentSignerBuilder(algorithm).setProvider("BC").build(key), certificate));
        generator.addCertificates(new JcaCertStore(List.of(certificate)));
        CMSSignedData message = generator.generate(new CMSProcessableByteArray(CMCObjectIdentifiers.id_cct_PKIData, data.getEncoded("DER")), true);
        Files.write(Path.of(args[3]), message.toASN1Structure().getEncoded("DER"));
    }

    static List<TaggedAttribute> controls(CMSSignedData message) throws Exception {
        PKIResponse response = PKIResponse.getInstance(ASN1Primitive.fromByteArray((byte[]) message.getSignedContent().getContent()));
        List<TaggedAttribute> ret = new ArrayList<>();
        for (ASN1Encodable element : response.getControlSequence())
            ret.add(TaggedAttribute.getInstance(element));
        return ret;
    }

    static ASN1OctetString token(String file) throws Exception {
        for (TaggedAttribute control : controls(new CMSSignedData(Files.readAllBytes(Path.of(file)))))
            if (control.getAttrType().equals(CMCObjectIdentifiers.id_cmc_statusInfoV2))
                return new DEROctetString(PendInfo.getInstance(CMCStatusInfoV2.getInstance(control.getAttrValues().getObjectAt(0))
                        .getOtherStatusInfo().toASN1Primitive()).getPendToken());
        throw new Exception("nothing waits");
    }

    static void response(String[] args) throws Exception {
        CMSSignedData message = new CMSSignedData(Files.readAllBytes(Path.of(args[1])));
        System.out.println("content " + message.getSignedContentTypeOID());
        SignerInformation signer = message.getSignerInfos().getSigners().iterator().next();
        X509CertificateHolder by = (X509CertificateHolder) message.getCertificates().getMatches(signer.getSID()).iterator().next();
        System.out.println("signature " + signer.verify(new JcaSimpleSignerInfoVerifierBuilder().setProvider("BC").build(by)));
        for (TaggedAttribute control : controls(message)) {
            if (control.getAttrType().equals(CMCObjectIdentifiers.id_cmc_statusInfoV2)) {
                CMCStatusInfoV2 status = CMCStatusInfoV2.getInstance(control.getAttrValues().getObjectAt(0));
                String fail = !status.hasOtherInfo() ? "" : status.getOtherStatusInfo().isPendingInfo() ? " waits" : " fail "
                        + ASN1Integer.getInstance(status.getOtherStatusInfo().toASN1Primitive()).getValue();
                System.out.println("status " + ASN1Integer.getInstance(status.getcMCStatus().toASN1Primitive()).getValue() + " part "
                        + ASN1Integer.getInstance(status.getBodyList()[0].toASN1Primitive()).getValue() + fail);
            }
            if (control.getAttrType().equals(CMCObjectIdentifiers.id_cmc_transactionId))
                System.out.println("transaction " + control.getAttrValues().getObjectAt(0));
        }
        for (Object one : message.getCertificates().getMatches(null))
            System.out.println("certificate " + ((X509CertificateHolder) one).getSubject());
        for (Object one : message.getCRLs().getMatches(null))
            System.out.println("crl " + ((X509CRLHolder) one).getIssuer());
    }
}
